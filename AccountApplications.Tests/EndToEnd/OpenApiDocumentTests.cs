using System.Text.Json;

namespace AccountApplications.Tests.EndToEnd;

/// <summary>Whether the document is a sound OpenAPI 3.1 document, whatever the app does.</summary>
public sealed class OpenApiDocumentTests
{
    private static readonly string[] SchemaHolders = ["schema", "items", "additionalProperties"];

    private static OpenApiDocument Api => OpenApiDocument.Carried;

    private static JsonElement Components => Api.Root.GetProperty("components");

    [Fact]
    public void Document_SaysWhatItIs()
    {
        Assert.Matches(@"^3\.1\.\d+$", Api.Root.Text("openapi"));
        AssertTexts(Api.Root.GetProperty("info"), "title", "version", "summary", "description");
        Assert.Equal(
            ["openapi", "info", "servers", "security", "tags", "paths", "components"], Api.Root.Members());
    }

    [Fact]
    public void Operations_AreNamedOnceAndDescribed()
    {
        Assert.NotEmpty(Api.Operations);
        Assert.Equal(Api.Operations.Count, Api.Operations.DistinctBy(operation => operation.Id).Count());
        var tags = Api.Root.GetProperty("tags").EnumerateArray().Select(tag => tag.Text("name")).ToList();
        foreach (var operation in Api.Operations)
        {
            Assert.StartsWith("/", operation.Path, StringComparison.Ordinal);
            AssertTexts(operation.Definition, "operationId", "summary", "description");
            Assert.All(operation.Definition.GetProperty("tags").EnumerateArray(), tag => Assert.Contains(tag.GetString(), tags));
        }
    }

    [Fact]
    public void Responses_AreDescribedWithSchemasAndExamples()
    {
        foreach (var operation in Api.Operations)
        {
            Assert.Contains(operation.Responses.Keys, status => status is >= 200 and < 300);
            foreach (var (status, response) in operation.Responses)
            {
                Assert.InRange(status, 200, 599);
                AssertTexts(response, "description");
                if (response.TryGetProperty("content", out var content))
                {
                    var media = Assert.Single(content.EnumerateObject());
                    Assert.Equal(status < 400 ? "application/json" : "application/problem+json", media.Name);
                    Assert.NotEmpty(media.Value.GetProperty("examples").EnumerateObject());
                }
            }
        }
    }

    [Fact]
    public void Errors_SayTheirStatusInTheirExamples()
    {
        foreach (var operation in Api.Operations)
            foreach (var (status, response) in operation.Responses.Where(response => response.Key >= 400))
                if (response.TryGetProperty("content", out var content))
                    foreach (var example in content.GetProperty("application/problem+json").GetProperty("examples").EnumerateObject())
                        Assert.Equal(status, example.Value.GetProperty("value").GetProperty("status").GetInt32());
    }

    [Fact]
    public void Parameters_AreDescribed()
    {
        Assert.All(Api.Operations.SelectMany(operation => operation.Parameters), parameter =>
        {
            AssertTexts(parameter, "name", "in", "description");
            Assert.Contains(parameter.Text("in"), (string[])["path", "query", "header"]);
            Assert.Equal(JsonValueKind.Object, parameter.GetProperty("schema").ValueKind);
        });
        Assert.All(Components.GetProperty("headers").EnumerateObject(), header => AssertTexts(header.Value, "description"));
    }

    [Fact]
    public void Schemas_DescribeEveryMember()
    {
        foreach (var schema in Components.GetProperty("schemas").EnumerateObject())
        {
            AssertTexts(schema.Value, "description");
            if (!schema.Value.TryGetProperty("properties", out var properties))
                continue;
            foreach (var property in properties.EnumerateObject())
                AssertTexts(Api.Follow(property.Value).TryGetProperty("description", out _) ? Api.Follow(property.Value) : property.Value, "description");
        }
    }

    [Fact]
    public void AnswerSchemas_AllowNoOtherMembers()
    {
        string[] requests = ["Submission", "ReviewRequest", "NextRequest"];
        var objects = Components.GetProperty("schemas").EnumerateObject()
            .Where(schema => !requests.Contains(schema.Name) && schema.Value.TryGetProperty("properties", out _));

        Assert.All(objects, schema => Assert.Equal(JsonValueKind.False, schema.Value.GetProperty("additionalProperties").ValueKind));
    }

    [Fact]
    public void References_LeadSomewhere_AndEveryComponentIsReferredTo()
    {
        var references = References(Api.Root).ToHashSet();

        Assert.All(references, reference => Api.Schemas.Resolve(reference));
        var components = Components.EnumerateObject().Where(kind => kind.Name != "securitySchemes")
            .SelectMany(kind => kind.Value.EnumerateObject().Select(component => $"#/components/{kind.Name}/{component.Name}"));
        Assert.Equal(components.Order(), references.Order());
    }

    /// <summary>Generators of clients drop what stands beside a reference.</summary>
    [Fact]
    public void References_StandByThemselves() =>
        Assert.All(ObjectsIn(Api.Root).Where(json => json.TryGetProperty("$ref", out _)), json => Assert.Single(json.Members()));

    [Fact]
    public void Security_IsTheFunctionsKey()
    {
        var scheme = Assert.Single(Components.GetProperty("securitySchemes").EnumerateObject());

        Assert.Equal(("apiKey", "header", "x-functions-key"), (scheme.Value.Text("type"), scheme.Value.Text("in"), scheme.Value.Text("name")));
        Assert.Equal([scheme.Name], Api.Root.GetProperty("security").EnumerateArray().SelectMany(each => each.Members()));
    }

    [Fact]
    public void Examples_AreAsTheirSchemasSay()
    {
        var count = 0;
        foreach (var (holder, path) in Holders(Api.Root, "#"))
        {
            var examples = holder.TryGetProperty("examples", out var many)
                ? many.EnumerateObject().Select(example => example.Value.GetProperty("value")).ToList()
                : holder.TryGetProperty("example", out var one) ? [one] : [];
            count += examples.Count;
            foreach (var example in examples)
                Assert.True(Api.Schemas.Errors(holder.GetProperty("schema"), example) is [], $"{path}: {example}");
        }

        Assert.True(count > 20);
    }

    /// <summary>A validator need not look at a schema that no value reaches, and would not notice what is wrong with it.</summary>
    [Fact]
    public void Schemas_UseNoKeywordThatTheComparisonDoesNotKnow()
    {
        JsonElement[] values = [Json("{}"), Json("[]"), Json("\"text\""), Json("1"), Json("null")];
        foreach (var schema in Holders(Api.Root, "#").Select(holder => holder.Holder.GetProperty("schema"))
            .Concat(Components.GetProperty("schemas").EnumerateObject().Select(schema => schema.Value)).SelectMany(Within))
            foreach (var value in values)
                Api.Schemas.Errors(schema, value);

        static JsonElement Json(string json) => JsonSerializer.Deserialize<JsonElement>(json);
    }

    /// <summary>A schema and those inside it.</summary>
    private static IEnumerable<JsonElement> Within(JsonElement schema)
    {
        yield return schema;
        if (schema.ValueKind != JsonValueKind.Object)
            yield break;
        foreach (var keyword in schema.EnumerateObject())
        {
            var inner = keyword.Name switch
            {
                "properties" => keyword.Value.EnumerateObject().Select(property => property.Value),
                "oneOf" => keyword.Value.EnumerateArray(),
                var name when SchemaHolders.Contains(name) => [keyword.Value],
                _ => Enumerable.Empty<JsonElement>(),
            };
            foreach (var each in inner.SelectMany(Within))
                yield return each;
        }
    }

    /// <summary>Whatever has a schema and may have examples: bodies, parameters, headers.</summary>
    private static IEnumerable<(JsonElement Holder, string Path)> Holders(JsonElement node, string path)
    {
        if (node.ValueKind == JsonValueKind.Array)
            return node.EnumerateArray().SelectMany((item, i) => Holders(item, $"{path}/{i}"));
        if (node.ValueKind != JsonValueKind.Object)
            return [];
        var inside = node.EnumerateObject().SelectMany(member => Holders(member.Value, $"{path}/{member.Name}"));
        return node.TryGetProperty("schema", out _) ? inside.Prepend((node, path)) : inside;
    }

    private static IEnumerable<string> References(JsonElement root) =>
        ObjectsIn(root).SelectMany(json => json.EnumerateObject()).Where(member => member.Name == "$ref").Select(member => member.Value.GetString()!);

    private static IEnumerable<JsonElement> ObjectsIn(JsonElement node) => node.ValueKind switch
    {
        JsonValueKind.Array => node.EnumerateArray().SelectMany(ObjectsIn),
        JsonValueKind.Object => node.EnumerateObject().SelectMany(member => ObjectsIn(member.Value)).Prepend(node),
        _ => [],
    };

    private static void AssertTexts(JsonElement json, params string[] members) =>
        Assert.All(members, member => Assert.False(string.IsNullOrWhiteSpace(json.Text(member)), member));
}
