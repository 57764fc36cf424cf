using System;
using System.Diagnostics;
using System.Globalization;
using System.Threading;

/// <summary>
/// Runs in a worker process before its Main (<c>DOTNET_STARTUP_HOOKS</c>): a worker does not end when its host is killed, so this does it.
/// </summary>
internal static class StartupHook
{
    public static void Initialize()
    {
        // What the worker starts itself must not wait for this host.
        Environment.SetEnvironmentVariable("DOTNET_STARTUP_HOOKS", Environment.GetEnvironmentVariable("LOCALHOST_STARTUP_HOOKS_BEFORE"));
        var host = int.Parse(Environment.GetEnvironmentVariable("LOCALHOST_PROCESS_ID"), CultureInfo.InvariantCulture);
        new Thread(() =>
        {
            try
            {
                Process.GetProcessById(host).WaitForExit();
            }
            // It has gone already.
            catch (ArgumentException) { }

            Environment.Exit(1);
        })
        { IsBackground = true, Name = "host watch" }.Start();
    }
}
