using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using AccountApplications.EmbeddedHost.Engine;
using Microsoft.DurableTask.Client;

namespace AccountApplications.EmbeddedHost.Http;

/// <summary>Instances and their histories as the management API shows them.</summary>
internal static class InstanceJson
{
    public static readonly JsonSerializerOptions Options = new(JsonSerializerOptions.Default) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static JsonObject Status(Instance instance, bool withInput) => new()
    {
        ["name"] = instance.Name,
        ["instanceId"] = instance.Id,
        ["runtimeStatus"] = instance.Status.ToString(),
        ["input"] = withInput ? Value(instance.Input) : null,
        ["customStatus"] = Value(instance.CustomStatus),
        ["output"] = Value(instance.Output),
        ["createdTime"] = Time(instance.CreatedAt),
        ["lastUpdatedTime"] = Time(instance.LastUpdatedAt),
    };

    public static JsonArray History(IReadOnlyList<HistoryEvent> history, bool withOutput)
    {
        var scheduled = history.OfType<TaskScheduled>().ToDictionary(task => task.TaskId);
        return new([.. history.Select(Describe).OfType<JsonObject>()]);

        // What was scheduled is told with its outcome, as the extension does; inputs are strings of JSON there, results JSON.
        JsonObject? Describe(HistoryEvent happened) => happened switch
        {
            ExecutionStarted started => Event(happened, ("Input", started.Input), ("FunctionName", started.Name)),
            TaskCompleted task => Event(
                happened, ("Result", withOutput ? Value(task.Result) : null),
                ("ScheduledTime", Time(scheduled[task.TaskId].Timestamp)), ("FunctionName", scheduled[task.TaskId].Name)),
            TaskFailed task => Event(
                happened, ("Reason", task.Failure.ErrorMessage), ("Details", withOutput ? task.Failure.ToString() : null),
                ("ScheduledTime", Time(scheduled[task.TaskId].Timestamp)), ("FunctionName", scheduled[task.TaskId].Name)),
            TimerCreated timer => Event(happened, ("FireAt", Time(timer.FireAt))),
            TimerFired timer => Event(happened, ("FireAt", Time(timer.FireAt))),
            EventRaised raised => Event(happened, ("Name", raised.Name), ("Input", withOutput ? raised.Input : null)),
            ExecutionSuspended suspended => Event(happened, ("Reason", suspended.Reason)),
            ExecutionResumed resumed => Event(happened, ("Reason", resumed.Reason)),
            ExecutionTerminated terminated => Event(happened, ("Input", terminated.Output)),
            ExecutionCompleted { Status: not OrchestrationRuntimeStatus.Terminated } end => Event(
                happened, ("OrchestrationStatus", end.Status.ToString()), ("Result", withOutput ? Value(end.Output) : null)),
            _ => null,
        };
    }

    private static JsonObject Event(HistoryEvent happened, params ReadOnlySpan<(string Name, JsonNode? Value)> members)
    {
        var json = new JsonObject
        {
            ["EventType"] = happened.GetType().Name,
            ["Timestamp"] = happened.Timestamp.ToString("O", CultureInfo.InvariantCulture),
        };
        foreach (var (name, value) in members)
        {
            if (value is not null) json[name] = value;
        }

        return json;
    }

    /// <summary>JSON as it is, plain text (of a failure, of a reason) as a string.</summary>
    private static JsonValue? Value(string? text)
    {
        if (text is null) return null;
        try
        {
            using var json = JsonDocument.Parse(text);
            return json.RootElement.ValueKind == JsonValueKind.Null ? null : JsonValue.Create(new RawJson(text));
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);
        }
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    /// <summary>Written to the letter. Half a surrogate pair, as an escape, and the deepest JSON there is could be read and not be written again.</summary>
    [JsonConverter(typeof(RawJsonConverter))]
    private sealed record RawJson(string Text);

    private sealed class RawJsonConverter : JsonConverter<RawJson>
    {
        public override RawJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options) =>
            writer.WriteRawValue(value.Text, skipInputValidation: true);
    }
}
