using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace AccountApplications.Tests.Fixtures;

/// <summary>
/// Waits for what becomes true in its own time; the only wait that the tests have. It asks at once, after 20 ms, then more and more rarely,
/// and at last every 0.3 s, or every 3 s where it may take minutes. An exception counts as "not yet". What is not true within the time limit
/// (60 s if not given) fails the test, with the condition's source, and what was seen last.
/// </summary>
public static class Eventually
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Until the condition holds.</summary>
    public static Task Async(
        Func<bool> condition, TimeSpan? timeout = null, [CallerArgumentExpression(nameof(condition))] string source = "") =>
        Async(() => Task.FromResult(condition()), timeout, source);

    /// <summary>Until the condition holds.</summary>
    public static Task Async(
        Func<Task<bool>> condition, TimeSpan? timeout = null, [CallerArgumentExpression(nameof(condition))] string source = "") =>
        Async(condition, holds => holds, timeout, source);

    /// <summary>Until the assertions pass.</summary>
    public static Task Async(
        Func<Task> assertions, TimeSpan? timeout = null, [CallerArgumentExpression(nameof(assertions))] string source = "") =>
        Async(
            async () =>
            {
                await assertions();
                return true;
            },
            timeout,
            source);

    /// <summary>Until what is read is as it should be; returns that.</summary>
    public static async Task<T> Async<T>(
        Func<Task<T>> read, Func<T, bool> until, TimeSpan? timeout = null, [CallerArgumentExpression(nameof(until))] string source = "")
    {
        var limit = timeout ?? DefaultTimeout;
        var longestPause = limit > DefaultTimeout ? TimeSpan.FromSeconds(3) : TimeSpan.FromMilliseconds(300);
        var watch = Stopwatch.StartNew();
        for (var pause = TimeSpan.FromMilliseconds(20); ; pause = pause * 2 < longestPause ? pause * 2 : longestPause)
        {
            string seen;
            try
            {
                // A read that never returns must not hold the test up.
                var left = limit - watch.Elapsed;
                var value = await read().WaitAsync(left > TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1));
                if (until(value))
                    return value;
                seen = $"{value}";
            }
            catch (Exception e)
            {
                seen = $"{e.GetType().Name}: {e.Message}";
            }

            if (watch.Elapsed >= limit)
                Assert.Fail($"Not within {limit.TotalSeconds:0.#} s: {source}\nSeen last: {seen}");
            await Task.Delay(pause);
        }
    }
}
