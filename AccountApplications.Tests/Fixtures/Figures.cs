using Xunit.Abstractions;
using Xunit.Sdk;

namespace AccountApplications.Tests.Fixtures;

/// <summary>Prints what a test measured, whether it passes or not, in the output of <c>dotnet test</c> itself.</summary>
public sealed class Figures(IMessageSink sink)
{
    public void Print(string line) => sink.OnMessage(new DiagnosticMessage(line));
}
