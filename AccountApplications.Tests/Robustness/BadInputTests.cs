using System.Collections.Concurrent;
using System.Text;
using AccountApplications.Tests.EndToEnd;
using AccountApplications.Tests.Fixtures;
using CsCheck;

namespace AccountApplications.Tests.Robustness;

/// <summary>Whatever is sent: no 5xx, no hang, nothing of an exception in the answer, no application changed.</summary>
public sealed class BadInputTests(AzuriteFixture azurite, Figures figures) : IClassFixture<AzuriteFixture>, IClassFixture<Figures>, IAsyncLifetime
{
    private const int Connections = 8;

    /// <summary>What no answer says: types, frames and parameters of exceptions.</summary>
    private static readonly string[] Leaks = ["   at ", "Exception", "System.", "Microsoft.", "(Parameter", "StackTrace", "Azure.", "RequestId:"];

    private TestHost App { get; set; } = null!;

    // Of its own: what is sent to the Durable Functions API keeps a task hub busy.
    public async Task InitializeAsync() => App = await TestHost.StartAppAsync(azurite.ConnectionString, TestHost.NewHub());

    public async Task DisposeAsync() => await App.DisposeAsync();

    [Fact]
    public async Task AnyRequest_WhateverIsInIt_IsAnsweredAndChangesNothing()
    {
        var waiting = (await App.SubmitUntilAsync(AppClient.Flagged, "FLAGGED_FOR_REVIEW")).Id();
        var closed = (await App.SubmitUntilAsync(AppClient.Clean, "APPROVED")).Id();
        var before = await Task.WhenAll(ReadAsync(waiting), ReadAsync(closed));
        var statuses = new ConcurrentDictionary<int, int>();
        using var http = new RawHttp(App.Http.BaseAddress!);

        await Requests([waiting, closed]).SampleAsync(
            async request =>
            {
                var answer = await http.SendAsync(request);
                statuses.AddOrUpdate(answer.Status, 1, (_, count) => count + 1);
                // What the durable extension says for itself is its own affair.
                if (request.Target.StartsWith(AppClient.Workflows, StringComparison.OrdinalIgnoreCase))
                    return;
                Assert.InRange(answer.Status, 200, 499);
                foreach (var leak in Leaks)
                    Assert.DoesNotContain(leak, $"{answer.Headers}{(answer.Status >= 400 ? answer.Text : "")}", StringComparison.Ordinal);
            },
            iter: Setting.Cases,
            threads: Connections);

        figures.Print($"{Setting.Cases} bad requests, answered {string.Join(", ", statuses.OrderBy(status => status.Key).Select(status => $"{status.Key}: {status.Value}"))}.");
        Assert.Equal(before, await Task.WhenAll(ReadAsync(waiting), ReadAsync(closed)));
        var instance = await App.Http.GetStringAsync($"{AppClient.Workflows}/instances/{waiting}?showHistory=true&showHistoryOutput=true");
        Assert.True(instance.Contains("\"runtimeStatus\":\"Running\"", StringComparison.Ordinal), instance.Length > 4000 ? instance[..1000] + instance[^3000..] : instance);
        Assert.DoesNotContain(App.Log, line => line.Contains("fail: AccountApplications.Functions", StringComparison.Ordinal));
    }

    private Task<string> ReadAsync(string id) => App.Http.GetStringAsync($"/api/applications/{id}");

    private static Gen<RawRequest> Requests(string[] ids)
    {
        var anyText = Gen.String[0, 40];
        var part = Gen.OneOf(
            anyText.Select(Uri.EscapeDataString),
            Gen.Byte.Array[0, 30].Select(bytes => string.Concat(bytes.Select(b => $"%{b:X2}"))),
            OneOf("'", "%27%20or%20'1'%20eq%20'1", "%2F", "..", "%2e%2e", "%00", "%", "%zz", "%ED%A0%80", "@lease", "*", "a\\b", "?", "{id}", "-"),
            Gen.Char['!', '~'].Array[1, 60].Select(chars => new string(chars)));
        var id = Gen.Frequency(
            (4, OneOf(ids)),
            (2, part),
            (2, Gen.Select(OneOf(ids), part, (known, more) => known + more)),
            (1, OneOf(ids).Select(known => known.ToUpperInvariant())),
            (1, Gen.Int[1, 4000].Select(length => new string('a', length))));
        const string workflows = AppClient.Workflows;
        // Nothing that may well change an application: terminating it, say, is allowed to those who may come here.
        var unknown = part.Select(rest => $"x{rest}");
        var path = Gen.Frequency(
            (4, Gen.Const("/api/applications")),
            (4, id.Select(value => $"/api/applications/{value}")),
            (6, id.Select(value => $"/api/applications/{value}/review")),
            (1, Gen.Const("/api/health")),
            (1, Gen.Const($"{workflows}/instances")),
            (2, id.Select(value => $"{workflows}/instances/{value}")),
            (3, Gen.Select(id, Gen.Frequency((3, Gen.Const("ReviewDecision")), (1, part)), (value, name) => $"{workflows}/instances/{value}/raiseEvent/{name}")),
            (2, Gen.Select(unknown, OneOf("terminate", "suspend", "resume"), (value, verb) => $"{workflows}/instances/{value}/{verb}")),
            (1, Gen.Select(part, unknown, (name, value) => $"{workflows}/orchestrators/{name}/{value}")),
            (1, unknown.Select(value => $"{workflows}/orchestrators/ProcessApplication/{value}")),
            (2, part.Array[0, 5].Select(parts => $"/{string.Join('/', parts)}")));
        var query = Gen.Frequency(
            (3, Gen.Const("")),
            (2, Gen.Select(OneOf("state", "pageSize", "pageToken", "top", "runtimeStatus", "showHistory", "instanceIdPrefix", "createdTimeTo", "reason", "id"), part,
                (name, value) => $"?{name}={value}")),
            (1, part.Select(page => $"?state=APPROVED&pageSize=5&pageToken={page}")),
            (1, Gen.Select(OneOf("APPROVED", "SUBMITTED", "REVIEW_APPROVED"), Gen.Long, (state, size) => $"?state={state}&pageSize={size}")),
            (1, part.Select(rest => $"?{rest}")));
        var line = Gen.Frequency((9, Gen.Char[' ', '~'].Array[0, 200]), (1, Gen.Char[' ', '\u00FF'].Array[0, 200])).Select(chars => new string(chars));
        var header = Gen.OneOf(
            line.Select(value => ("Idempotency-Key", value)),
            line.Select(value => ("X-MS-CLIENT-PRINCIPAL-NAME", value)),
            line.Select(value => ("x-ms-continuation-token", value)),
            OneOf("application/json; charset=utf-16", "text/json", "application/json; charset=\"utf-8\"", "", ";", "a/b/c", "multipart/form-data")
                .Select(value => ("Content-Type", value)),
            line.Select(value => ("Content-Type", value)),
            OneOf("gzip", "br", "x").Select(value => ("Content-Encoding", value)),
            OneOf("http://example.org", "null", "http://127.0.0.1:1", "x").Select(value => ("Origin", value)),
            line.Select(value => ("X-Any", value)));
        var headers = Gen.Select(
            Gen.Frequency((6, Gen.Const(true)), (1, Gen.Const(false))), header.Array[0, 3],
            (isJson, others) => (IReadOnlyList<(string, string)>)(isJson ? [("Content-Type", "application/json"), .. others] : others));
        var method = Gen.Frequency(
            (8, Gen.Const("POST")), (6, Gen.Const("GET")), (1, OneOf("PUT", "PATCH", "HEAD", "OPTIONS", "DELETE", "FOO", "post")));
        return Gen.Select(method, path, query, headers, Bodies())
            .Select(values => new RawRequest(values.Item1, values.Item2 + values.Item3, values.Item4, values.Item5))
            // An ended instance may be purged by those who may come here.
            .Where(request => request.Method != "DELETE" || !request.Target.StartsWith(workflows, StringComparison.Ordinal))
            // And an application erased: no bad request either.
            .Where(request => request.Method != "DELETE" || !ids.Any(id => request.Target.Split('?')[0].TrimEnd('/').EndsWith($"/{id}", StringComparison.Ordinal)));
    }

    private static Gen<string> OneOf(params string[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static Gen<byte[]> Bodies()
    {
        var text = Gen.OneOf(
            Gen.String[0, 60].Select(value => System.Text.Json.JsonSerializer.Serialize(value)),
            OneOf("\"\\ud800\"", "\"\\udfff\\ud800\"", "\"\\u0000\"", "\"  \"", "\"\\n\"", "\"approve\"", "\"APPROVE \"", "\"\ufeff\""),
            Gen.Int[150, 2000].Select(length => $"\"{new string('n', length)}\""));
        var simple = Gen.Frequency(
            (4, text),
            (1, Gen.Double.Select(number => number.ToString("R", System.Globalization.CultureInfo.InvariantCulture))),
            (2, OneOf("null", "true", "0", "-0", "1e999", "-1E+400", "0.1e-9999", "[]", "{}", "NaN", "01", "'x'", "")),
            (1, Gen.Int[1, 400].Select(digits => new string('9', digits))));
        var name = Gen.Frequency(
            (5, OneOf("\"name\"", "\"address\"", "\"decision\"", "\"comment\"", "\"reviewer\"", "\"Decision\"", "\"\\ud800\"", "\"$type\"", "\"__proto__\"")),
            (1, text));
        var json = Gen.Recursive<string>((depth, inner) => depth > 4
            ? simple
            : Gen.Frequency(
                (3, simple),
                (4, Gen.Select(name, inner).Array[0, 5].Select(members => $"{{{string.Join(',', members.Select(member => $"{member.Item1}:{member.Item2}"))}}}")),
                (1, inner.Array[0, 4].Select(items => $"[{string.Join(',', items)}]"))));
        var application = Gen.Select(simple, simple, (who, where) => $$"""{"name":{{who}},"address":{{where}}}""");
        var decision = Gen.Select(simple, simple, (what, why) => $$"""{"decision":{{what}},"comment":{{why}}}""");
        var deep = Gen.Select(OneOf("[", "{\"name\":", "{\"decision\":["), Gen.Int[1, 1500], (open, depth) => string.Concat(Enumerable.Repeat(open, depth)));
        var written = Gen.Frequency((6, json), (4, application), (4, decision), (1, deep)).Select(Encoding.UTF8.GetBytes);
        return Gen.Frequency(
            (12, written),
            (2, Gen.Byte.Array[0, 300]),
            (1, Gen.Select(written, Gen.Byte.Array[1, 4], Gen.Int[0, 1000], (bytes, noise, at) =>
                (byte[])[.. bytes.Take(at % (bytes.Length + 1)), .. noise, .. bytes.Skip(at % (bytes.Length + 1))])),
            (1, Gen.Int[16_000, 40_000].Select(length => Encoding.UTF8.GetBytes($$"""{"name":"{{new string('x', length)}}","address":"1 A"}"""))),
            (1, json.Select(Encoding.Unicode.GetBytes)));
    }
}
