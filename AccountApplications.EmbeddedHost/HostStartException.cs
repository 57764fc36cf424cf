namespace AccountApplications.EmbeddedHost;

/// <summary>The host cannot start. The message is all that a user is shown, so it says what is wrong and what to do.</summary>
internal sealed class HostStartException(string message, Exception? inner = null) : Exception(message, inner);
