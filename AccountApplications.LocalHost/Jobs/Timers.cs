using NCrontab;

namespace AccountApplications.LocalHost;

/// <summary>Calls timer functions when their schedules say so. What was due while the host did not run is not made up for.</summary>
internal sealed partial class Timers(Settings settings, Jobs jobs, ILoggerFactory loggers, TimeProvider time) : IDisposable
{
    // Task.Delay takes no longer ones than about 49 days.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly ILogger _log = loggers.CreateLogger("LocalHost");
    private readonly CancellationTokenSource _stopping = new();
    private List<Timer> _timers = [];

    /// <summary>Reads the schedules of all timer functions.</summary>
    /// <exception cref="LocalHostException">One cannot be read.</exception>
    public void Read(IEnumerable<Function> functions) =>
        _timers = [.. functions.Where(function => function.IsTimer).Select(function => new Timer(function, NextOf(function)))];

    /// <summary>Starts to follow them.</summary>
    public void Start()
    {
        foreach (var timer in _timers)
            _ = RunAsync(timer);
    }

    /// <summary>Calls a function now, whatever its schedule; false if there is no timer function of that name.</summary>
    public bool Fire(string function)
    {
        if (_timers.Find(timer => timer.Function.Name.Equals(function, StringComparison.OrdinalIgnoreCase)) is not { } timer)
            return false;
        _ = CallAsync(timer);
        return true;
    }

    public Task StopAsync() => _stopping.CancelAsync();

    public void Dispose() => _stopping.Dispose();

    private async Task RunAsync(Timer timer)
    {
        if (timer.Function.Trigger.Json.TryGetProperty("runOnStartup", out var runs) && runs.ValueKind == JsonValueKind.True)
            await CallAsync(timer);
        while (true)
        {
            var due = timer.Next(Now());
            for (TimeSpan left; (left = due - Now()) > TimeSpan.Zero;)
                await Task.Delay(left < LongestWait ? left : LongestWait, time, _stopping.Token);
            await CallAsync(timer);
        }
    }

    private async Task CallAsync(Timer timer)
    {
        var now = Now();
        // As the worker's TimerInfo reads it.
        var state = JsonSerializer.Serialize(new
        {
            Schedule = new { AdjustForDST = true },
            ScheduleStatus = new { timer.Last, Next = timer.Next(now), LastUpdated = now },
            IsPastDue = false,
        });
        timer.Last = now;
        try
        {
            await jobs.CallAsync(timer.Function, state, _stopping.Token);
        }
        // The JobHost has logged it.
        catch (Exception e) when (e.GetBaseException() is FunctionFailedException) { }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogFailed(timer.Function.Name, e.GetBaseException().Message);
        }
    }

    private DateTime Now() => time.GetLocalNow().DateTime;

    /// <summary>What follows a time: by an NCRONTAB expression (with seconds or without), an interval, or a setting between percent signs.</summary>
    private Func<DateTime, DateTime> NextOf(Function function)
    {
        var schedule = function.Trigger.Text("schedule") ?? "";
        if (schedule is ['%', .. var name, '%'])
            schedule = settings.Configuration[name.Replace("__", ":", StringComparison.Ordinal)] ?? schedule;
        var hasSeconds = schedule.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length == 6;
        if (CrontabSchedule.TryParse(schedule, new CrontabSchedule.ParseOptions { IncludingSeconds = hasSeconds }) is { } cron)
            return cron.GetNextOccurrence;
        if (TimeSpan.TryParse(schedule, CultureInfo.InvariantCulture, out var interval) && interval > TimeSpan.Zero)
            return from => from + interval;
        throw new LocalHostException($"Function {function.Name}: the schedule '{schedule}' is neither an NCRONTAB expression nor an interval.");
    }

    [LoggerMessage(LogLevel.Error, "{Function} failed: {Message}")]
    private partial void LogFailed(string function, string message);

    private sealed record Timer(Function Function, Func<DateTime, DateTime> Next)
    {
        public DateTime Last { get; set; }
    }
}
