using System.Text.Json;

namespace Microsoft.DurableTask.Converters;

/// <param name="options">
/// System.Text.Json's own defaults and fields if they are null: names as declared, read with regard to case, enums as numbers.
/// </param>
public class JsonDataConverter(JsonSerializerOptions? options = null) : DataConverter
{
    private static readonly JsonSerializerOptions DefaultOptions = new() { IncludeFields = true };

    private readonly JsonSerializerOptions _options = options ?? DefaultOptions;

    public static JsonDataConverter Default { get; } = new();

    public override string? Serialize(object? value) => value is null ? null : JsonSerializer.Serialize(value, _options);

    /// <exception cref="JsonException">The data does not fit the type.</exception>
    public override object? Deserialize(string? data, Type targetType) =>
        data is null ? null : JsonSerializer.Deserialize(data, targetType, _options);
}
