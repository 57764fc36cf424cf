using System.Text.Json;
using Microsoft.DurableTask;

namespace AccountApplications.Functions.Workflow;

/// <summary>
/// Reads events of any kind: what is no JSON is nothing. The Durable Functions API reads bodies leniently (<c>{"decision":,}</c>) and hands on
/// what came of them, and an event that could not be read would end the instance.
/// </summary>
internal sealed class EventConverter(DataConverter others) : DataConverter
{
    public override string? Serialize(object? value) => others.Serialize(value);

    public override object? Deserialize(string? data, Type targetType)
    {
        try
        {
            return others.Deserialize(data, targetType);
        }
        catch (JsonException) when (targetType == typeof(JsonElement?))
        {
            return null;
        }
    }
}
