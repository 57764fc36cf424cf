namespace AccountApplications.Functions.Storage;

/// <summary>Storage, or the workflow runtime that works on it, does not answer now and may answer later.</summary>
/// <remarks>The workflow's retry policy knows it by its type. Its message is logged and carries no personal data.</remarks>
public sealed class StorageUnavailableException : Exception
{
    public StorageUnavailableException(string message) : base(message)
    {
    }

    public StorageUnavailableException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
