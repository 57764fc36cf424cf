using System.Net.Http.Headers;
using System.Text.Json;
using AccountApplications.Functions;

namespace AccountApplications.Tests.EndToEnd;

/// <summary>An operation of the API as its document has it: the method in capitals, the parameters of its path among its own.</summary>
internal sealed record ApiOperation(
    string Id, string Method, string Path, JsonElement Definition, IReadOnlyList<JsonElement> Parameters, IReadOnlyDictionary<int, JsonElement> Responses)
{
    public JsonElement Parameter(string name) => Parameters.Single(parameter => parameter.Text("name") == name);

    /// <summary>The one kind of body that it takes.</summary>
    public JsonElement Body => Definition.GetProperty("requestBody").GetProperty("content").GetProperty("application/json");
}

/// <summary>The API's document, and whether an answer is as it says.</summary>
internal sealed class OpenApiDocument
{
    private static readonly string[] Methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

    private OpenApiDocument(JsonElement root)
    {
        Root = root;
        Schemas = new JsonSchema(root);
        Operations =
        [
            .. from path in root.GetProperty("paths").EnumerateObject()
               from operation in path.Value.EnumerateObject()
               where Methods.Contains(operation.Name)
               select Read(path, operation),
        ];
    }

    /// <summary>The document that the app carries.</summary>
    public static OpenApiDocument Carried { get; } = Read();

    public JsonElement Root { get; }

    public JsonSchema Schemas { get; }

    public IReadOnlyList<ApiOperation> Operations { get; }

    public ApiOperation Operation(string id) => Operations.Single(operation => operation.Id == id);

    /// <summary>What is wrong with an answer: its status, its headers, its body member for member.</summary>
    public async Task<IReadOnlyList<string>> ErrorsAsync(string operation, HttpResponseMessage answer)
    {
        var status = (int)answer.StatusCode;
        var body = await answer.Content.ReadAsStringAsync();
        return Operation(operation).Responses.TryGetValue(status, out var response)
            ? [.. HeaderErrors(response, answer), .. ContentErrors(response, status, answer.Content.Headers.ContentType, body)]
            : [$"{status} is not documented: {body}"];
    }

    /// <summary>The target of an object that is a mere reference; any other object itself.</summary>
    public JsonElement Follow(JsonElement node) => node.TryGetProperty("$ref", out var reference) ? Schemas.Resolve(reference.GetString()!) : node;

    private IEnumerable<string> HeaderErrors(JsonElement response, HttpResponseMessage answer)
    {
        Dictionary<string, JsonElement> documented = response.TryGetProperty("headers", out var headers)
            ? headers.EnumerateObject().ToDictionary(header => header.Name, header => Follow(header.Value))
            : [];
        foreach (var (name, header) in documented)
        {
            if (!answer.Headers.TryGetValues(name, out var values))
                yield return $"{name} is missing";
            else
                foreach (var error in Schemas.Errors(header.GetProperty("schema"), ReadHeader(header, values.Single()), name))
                    yield return error;
        }

        // What HTTP itself adds is nobody's contract.
        foreach (var (name, _) in answer.Headers)
            if (!documented.ContainsKey(name) && name is not ("Date" or "Transfer-Encoding" or "Connection" or "Server"))
                yield return $"{name} is not documented";
    }

    private IEnumerable<string> ContentErrors(JsonElement response, int status, MediaTypeHeaderValue? type, string body)
    {
        if (!response.TryGetProperty("content", out var content))
            return body.Length == 0 && type is null ? [] : [$"a body ({type}) is not documented: {body}"];
        if (!content.TryGetProperty(type?.MediaType ?? "", out var media))
            return [$"a body of type '{type}' is not documented: {body}"];
        if (type!.CharSet is not (null or "utf-8"))
            return [$"the body's charset is {type.CharSet}"];
        var json = JsonSerializer.Deserialize<JsonElement>(body);
        return [.. Schemas.Errors(media.GetProperty("schema"), json), .. StatusErrors(json)];

        IEnumerable<string> StatusErrors(JsonElement problem)
        {
            if (type.MediaType == "application/problem+json" && problem.GetProperty("status").GetInt32() != status)
                yield return $"the status is {status}, and in the body {problem.GetProperty("status")}";
        }
    }

    private static JsonElement ReadHeader(JsonElement header, string value) => header.GetProperty("schema").Text("type") == "integer"
        ? JsonSerializer.Deserialize<JsonElement>(value)
        : JsonSerializer.SerializeToElement(value);

    private ApiOperation Read(JsonProperty path, JsonProperty operation) => new(
        operation.Value.Text("operationId")!,
        operation.Name.ToUpperInvariant(),
        path.Name,
        operation.Value,
        [.. ParametersOf(path.Value), .. ParametersOf(operation.Value)],
        operation.Value.GetProperty("responses").EnumerateObject()
            .ToDictionary(response => int.Parse(response.Name, System.Globalization.CultureInfo.InvariantCulture), response => Follow(response.Value)));

    private IEnumerable<JsonElement> ParametersOf(JsonElement holder) =>
        holder.TryGetProperty("parameters", out var parameters) ? parameters.EnumerateArray().Select(Follow) : [];

    private static OpenApiDocument Read()
    {
        using var resource = typeof(AccountApplicationsBuilderExtensions).Assembly.GetManifestResourceStream("Api/openapi.json")!;
        return new OpenApiDocument(JsonSerializer.Deserialize<JsonElement>(resource));
    }
}
