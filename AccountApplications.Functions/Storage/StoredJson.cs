using System.Text.Json;
using Azure.Data.Tables;

namespace AccountApplications.Functions.Storage;

/// <summary>Entities keep what they carry as JSON in one column; columns of their own have only what storage is asked for.</summary>
internal static class StoredJson
{
    public const string Column = "Json";

    public static string Write<T>(T value) => JsonSerializer.Serialize(value, JsonSerializerOptions.Web);

    public static T Read<T>(TableEntity entity) => Parse<T>(entity.GetString(Column));

    public static T Parse<T>(string json) =>
        JsonSerializer.Deserialize<T>(json, JsonSerializerOptions.Web)
        ?? throw new InvalidDataException($"An entity of {typeof(T).Name} has no content.");
}
