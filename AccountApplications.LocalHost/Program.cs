using AccountApplications.LocalHost;

try
{
    return await FunctionsHost.RunAsync(new Settings(args));
}
catch (LocalHostException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}
