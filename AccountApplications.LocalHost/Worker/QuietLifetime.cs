namespace AccountApplications.LocalHost;

/// <summary>
/// A host that is stopped by its owner, not by signals. The worker in this process would otherwise stop by itself at Ctrl+C and SIGTERM,
/// ahead of the calls that it has still to answer.
/// </summary>
internal sealed class QuietLifetime : IHostLifetime
{
    private static readonly AsyncLocal<bool> IsHere = new();

    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Gives this lifetime to each host that is built in the calling flow, until disposed of: hosting tells listeners of its builders.</summary>
    public static IDisposable ForHostsBuiltHere()
    {
        IsHere.Value = true;
        return DiagnosticListener.AllListeners.Subscribe(new Observer<DiagnosticListener>(listener =>
        {
            if (listener.Name == "Microsoft.Extensions.Hosting")
                listener.Subscribe(new Observer<KeyValuePair<string, object?>>(happened =>
                {
                    if (IsHere.Value && happened is { Key: "HostBuilding", Value: IHostBuilder builder })
                        builder.ConfigureServices(services => services.AddSingleton<IHostLifetime, QuietLifetime>());
                }));
        }));
    }

    private sealed class Observer<T>(Action<T> next) : IObserver<T>
    {
        public void OnNext(T value) => next(value);

        public void OnError(Exception error) { }

        public void OnCompleted() { }
    }
}
