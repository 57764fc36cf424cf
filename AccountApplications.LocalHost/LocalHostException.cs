namespace AccountApplications.LocalHost;

/// <summary>Why the host cannot run, in a line that says what to do about it. It ends with exit code 1, without a stack trace.</summary>
internal sealed class LocalHostException(string message, Exception? inner = null) : Exception(message, inner);
