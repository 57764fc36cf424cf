using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.DurableTask.Entities;

/// <summary>The name and the key of an entity; the name is kept in lower case.</summary>
[JsonConverter(typeof(JsonConverter))]
public readonly record struct EntityInstanceId
{
    /// <exception cref="ArgumentException">The name is empty or contains an at sign.</exception>
    public EntityInstanceId(string name, string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(key);
        if (name.Contains('@')) throw new ArgumentException("An entity's name has no at sign.", nameof(name));
        Name = name.ToLowerInvariant();
        Key = key;
    }

    public string Name { get; }

    public string Key { get; }

    /// <param name="instanceId">As <see cref="ToString"/> writes it: <c>@name@key</c>.</param>
    /// <exception cref="ArgumentException">It is not of that form.</exception>
    public static EntityInstanceId FromString(string instanceId)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        var second = instanceId.IndexOf('@', 1);
        return instanceId[0] == '@' && second > 0
            ? new(instanceId[1..second], instanceId[(second + 1)..])
            : throw new ArgumentException($"'{instanceId}' is not the id of an entity.", nameof(instanceId));
    }

    public override string ToString() => $"@{Name}@{Key}";

    private sealed class JsonConverter : JsonConverter<EntityInstanceId>
    {
        public override EntityInstanceId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            FromString(reader.GetString()!);

        public override void Write(Utf8JsonWriter writer, EntityInstanceId value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString());
    }
}
