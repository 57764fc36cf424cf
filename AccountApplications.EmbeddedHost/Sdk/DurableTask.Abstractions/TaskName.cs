namespace Microsoft.DurableTask;

/// <summary>The name of an orchestrator or an activity. Case does not matter.</summary>
public readonly struct TaskName : IEquatable<TaskName>
{
    /// <param name="name">Null gives the default, as an empty string that is converted does.</param>
    public TaskName(string name)
    {
        Name = name;
#pragma warning disable CS0618 // It is obsolete for callers; here it is what a caller would read.
        Version = name is null ? null! : string.Empty;
#pragma warning restore CS0618
    }

    public string Name { get; }

    [Obsolete("Refer to TaskVersion instead.")]
    public string Version { get; }

    public static implicit operator string(TaskName value) => value.Name;

    public static implicit operator TaskName(string value) => string.IsNullOrEmpty(value) ? default : new(value);

    public static bool operator ==(TaskName a, TaskName b) => a.Equals(b);

    public static bool operator !=(TaskName a, TaskName b) => !a.Equals(b);

    public bool Equals(TaskName other) => string.Equals(Name, other.Name, StringComparison.OrdinalIgnoreCase);

    public override bool Equals(object? obj) => obj is TaskName other && Equals(other);

    public override int GetHashCode() => StringComparer.OrdinalIgnoreCase.GetHashCode(Name ?? string.Empty);

    public override string ToString() => Name;
}
