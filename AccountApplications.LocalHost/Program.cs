using AccountApplications.LocalHost;

try
{
    return await FunctionsHost.RunAsync(Settings.Read(args));
}
catch (LocalHostException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}
