using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Moq;

namespace AccountApplications.Tests.Embedded.Sdk;

public sealed class MiddlewareTests
{
    private readonly Worker _worker = new();

    [Fact]
    public async Task UseMiddleware_OfFunctions_RunsThemAroundTheFunctionFirstAddedOutermost()
    {
        _worker.UseMiddleware(Recorded("outer")).UseMiddleware(Recorded("inner"));

        Assert.Equal(["outer in", "inner in", "function", "inner out", "outer out"], await _worker.RunAsync("id"));
    }

    [Fact]
    public async Task UseMiddleware_OfAType_TakesOneInstanceFromTheServices()
    {
        _worker.UseMiddleware<Counter>();

        await _worker.RunAsync("id");
        await _worker.RunAsync("id");

        Assert.Equal(2, _worker.Provider.GetRequiredService<Counter>().Count);
    }

    [Fact]
    public async Task UseMiddleware_ThatDoesNotGoOn_KeepsTheFunctionFromRunning()
    {
        _worker.UseMiddleware((_, _) => Task.CompletedTask);

        Assert.Empty(await _worker.RunAsync("id"));
    }

    [Theory]
    [InlineData("http", 1)]
    [InlineData("timer", 0)]
    public async Task UseWhen_OfAType_SeesWhatThePredicateAccepts(string functionId, int expected)
    {
        _worker.UseWhen<Counter>(context => context.FunctionId == "http");

        Assert.Equal(["function"], await _worker.RunAsync(functionId));
        Assert.Equal(expected, _worker.Provider.GetRequiredService<Counter>().Count);
    }

    [Fact]
    public async Task UseWhen_OfAFunction_SeesWhatThePredicateAccepts()
    {
        _worker.UseWhen(context => context.FunctionId == "http", Recorded("middleware"));

        Assert.Equal(["middleware in", "function", "middleware out"], await _worker.RunAsync("http"));
        Assert.Equal(["function"], await _worker.RunAsync("timer"));
    }

    private Func<FunctionContext, Func<Task>, Task> Recorded(string name) => async (_, next) =>
    {
        _worker.Record($"{name} in");
        await next();
        _worker.Record($"{name} out");
    };

    private sealed class Counter : IFunctionsWorkerMiddleware
    {
        public int Count { get; private set; }

        public Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
        {
            Count++;
            return next(context);
        }
    }

    private sealed class Worker : IFunctionsWorkerApplicationBuilder
    {
        private readonly List<Func<FunctionExecutionDelegate, FunctionExecutionDelegate>> _middleware = [];
        private readonly List<string> _record = [];
        private ServiceProvider? _provider;

        public IServiceCollection Services { get; } = new ServiceCollection();

        public ServiceProvider Provider => _provider ??= Services.BuildServiceProvider();

        public IFunctionsWorkerApplicationBuilder Use(Func<FunctionExecutionDelegate, FunctionExecutionDelegate> middleware)
        {
            _middleware.Add(middleware);
            return this;
        }

        public void Record(string what) => _record.Add(what);

        public async Task<string[]> RunAsync(string functionId)
        {
            var context = Mock.Of<FunctionContext>(c => c.FunctionId == functionId && c.InstanceServices == Provider);
            FunctionExecutionDelegate function = _ =>
            {
                Record("function");
                return Task.CompletedTask;
            };
            _record.Clear();
            await _middleware.AsEnumerable().Reverse().Aggregate(function, (next, middleware) => middleware(next))(context);
            return [.. _record];
        }
    }
}
