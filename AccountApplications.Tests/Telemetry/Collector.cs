using System.Collections.Concurrent;
using System.Text;
using AccountApplications.Tests.Telemetry.Otlp;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace AccountApplications.Tests.Telemetry;

/// <summary>A collector that keeps what it is sent by the OpenTelemetry protocol (HTTP, protobuf).</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly WebApplication _server;
    private readonly ConcurrentQueue<(string Signal, byte[] Body)> _received = new();

    private Collector()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _server = builder.Build();
        _server.MapPost("/v1/{signal}", async (string signal, HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            _received.Enqueue((signal, body.ToArray()));
        });
    }

    /// <summary>Variables with which an app sends it all that it has, soon.</summary>
    public (string Name, string Value)[] Environment =>
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", _server.Urls.First()), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_BSP_SCHEDULE_DELAY", "200"), ("OTEL_BLRP_SCHEDULE_DELAY", "200"), ("OTEL_METRIC_EXPORT_INTERVAL", "300"),
    ];

    /// <summary>All that was received, as it came.</summary>
    public IEnumerable<string> Bodies => _received.Select(received => Encoding.UTF8.GetString(received.Body));

    public IReadOnlyList<Span> Spans =>
        [.. Of("traces", Traces.Parser.ParseFrom).SelectMany(body => body.ResourceSpans).SelectMany(of => of.ScopeSpans).SelectMany(of => of.Spans)];

    public IReadOnlyList<LogRecord> Logs =>
        [.. Of("logs", Otlp.Logs.Parser.ParseFrom).SelectMany(body => body.ResourceLogs).SelectMany(of => of.ScopeLogs).SelectMany(of => of.LogRecords)];

    /// <summary>The last value of each metric, or its count if it is a histogram, by name and attributes.</summary>
    public IReadOnlyDictionary<string, double> Metrics =>
        Of("metrics", Otlp.Metrics.Parser.ParseFrom).SelectMany(body => body.ResourceMetrics).SelectMany(of => of.ScopeMetrics)
            .SelectMany(of => of.Metrics).SelectMany(Values).GroupBy(value => value.Name).ToDictionary(same => same.Key, same => same.Last().Value);

    public static async Task<Collector> StartAsync()
    {
        var collector = new Collector();
        await collector._server.StartAsync();
        return collector;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private IEnumerable<T> Of<T>(string signal, Func<byte[], T> parse) =>
        _received.Where(received => received.Signal == signal).Select(received => parse(received.Body));

    private static IEnumerable<(string Name, double Value)> Values(Metric metric)
    {
        return
        [
            .. (metric.Sum ?? metric.Gauge)?.DataPoints.Select(point => (Named(point.Attributes), point.AsInt + point.AsDouble)) ?? [],
            .. metric.Histogram?.DataPoints.Select(point => (Named(point.Attributes), (double)point.Count)) ?? [],
        ];

        string Named(IEnumerable<Otlp.Attribute> attributes) =>
            string.Join(' ', attributes.OrderBy(attribute => attribute.Key).Select(attribute => attribute.Value.StringValue).Prepend(metric.Name));
    }
}

/// <summary>Spans that know their parents.</summary>
internal sealed class SpanTree(IReadOnlyList<Span> spans)
{
    private readonly Dictionary<ByteString, Span> _byId = spans.GroupBy(span => span.SpanId).ToDictionary(same => same.Key, same => same.Last());

    public IEnumerable<Span> Spans => _byId.Values;

    public IEnumerable<Span> Named(string name) => Spans.Where(span => span.Name == name);

    public Span? ParentOf(Span span) => _byId.GetValueOrDefault(span.ParentSpanId);

    /// <summary>A line for each span, with the way to it.</summary>
    public override string ToString() => string.Join('\n', Spans.Select(Way).Order(StringComparer.Ordinal));

    /// <returns>null if the way there is not complete.</returns>
    public Span? RootOf(Span span)
    {
        var at = span;
        while (at is { ParentSpanId.IsEmpty: false })
            at = ParentOf(at);
        return at;
    }

    private string Way(Span span) => span.ParentSpanId.IsEmpty ? span.Name : $"{(ParentOf(span) is { } parent ? Way(parent) : "?")} / {span.Name}";
}
