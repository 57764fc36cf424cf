namespace AccountApplications.LocalHost;

/// <summary>One binding as the worker announced it.</summary>
internal sealed record Binding(JsonElement Json)
{
    public string Name => Text("name") ?? "";

    public string Type => Text("type") ?? "";

    public bool IsInput => "in".Equals(Text("direction"), StringComparison.OrdinalIgnoreCase);

    public bool IsTrigger => Type.EndsWith("Trigger", StringComparison.OrdinalIgnoreCase);

    public bool Is(string type) => Type.Equals(type, StringComparison.OrdinalIgnoreCase);

    /// <summary>A property that is text, null if there is none.</summary>
    public string? Text(string property) =>
        Json.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

/// <summary>One function of the app, as the worker announced it.</summary>
internal sealed record Function(RpcFunctionMetadata Metadata, Binding Trigger, IReadOnlyList<Binding> Inputs)
{
    private static readonly string[] Triggers = ["httpTrigger", "timerTrigger", "orchestrationTrigger", "activityTrigger", "entityTrigger"];

    public string Name => Metadata.Name;

    public bool IsHttp => Trigger.Is("httpTrigger");

    public bool IsTimer => Trigger.Is("timerTrigger");

    /// <exception cref="LocalHostException">It has a binding that this host does not know.</exception>
    public static Function From(RpcFunctionMetadata metadata)
    {
        var bindings = metadata.RawBindings.Select(raw => new Binding(JsonSerializer.Deserialize<JsonElement>(raw))).ToList();
        // The answer of an HTTP function is announced as an output, and goes over HTTP itself.
        if (bindings.Find(binding => !(binding.IsTrigger ? Triggers.Any(binding.Is) : binding.Is(binding.IsInput ? "durableClient" : "http"))) is { } unknown)
            throw new LocalHostException($"Function {metadata.Name}: the binding '{unknown.Type}' does not run here, where functions have HTTP, timer "
                + "and durable triggers and durable clients. Run it with the Core Tools: func start.");
        return new Function(
            metadata,
            bindings.Find(binding => binding.IsTrigger) ?? throw new LocalHostException($"Function {metadata.Name} has no trigger."),
            bindings.FindAll(binding => !binding.IsTrigger && binding.IsInput));
    }
}
