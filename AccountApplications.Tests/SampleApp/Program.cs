using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SampleApp;

switch (Environment.GetEnvironmentVariable("SAMPLE_START"))
{
    case "exits":
        Console.Error.WriteLine("These are its last words.");
        return 3;
    case "hangs":
        Thread.Sleep(Timeout.Infinite);
        break;
}

var builder = FunctionsApplication.CreateBuilder(args);
if (Environment.GetEnvironmentVariable("SAMPLE_START") != "plain")
    builder.ConfigureFunctionsWebApplication();
if (Environment.GetEnvironmentVariable("SAMPLE_BINDINGS") is { Length: > 0 } bindings)
    builder.Services.AddSingleton<IFunctionMetadataProvider>(new OneFunction(bindings));
builder.Build().Run();
return 0;
