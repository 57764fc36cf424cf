using System.Text.Json;
using Microsoft.DurableTask;

namespace AccountApplications.Tests.Embedded.Sdk;

public sealed class TaskFailureDetailsTests
{
    [Fact]
    public void FromException_WithInnerExceptions_KeepsThemAll()
    {
        var exception = new InvalidOperationException("outer", new StorageFullException("inner", new IOException("innermost")));

        var failure = TaskFailureDetails.FromException(exception);

        Assert.Equal("System.InvalidOperationException: outer", failure.ToString());
        Assert.Equal(typeof(StorageFullException).FullName, failure.InnerFailure!.ErrorType);
        Assert.Equal("innermost", failure.InnerFailure.InnerFailure!.ErrorMessage);
        Assert.Null(failure.InnerFailure.InnerFailure.InnerFailure);
    }

    [Fact]
    public void FromException_OfAThrownException_KeepsWhereItWasThrown()
    {
        var exception = Assert.Throws<IOException>(Fail);

        Assert.Contains(nameof(Fail), TaskFailureDetails.FromException(exception).StackTrace, StringComparison.Ordinal);

        static void Fail() => throw new IOException();
    }

    [Theory]
    [InlineData(typeof(StorageFullException), true)] // of the app itself
    [InlineData(typeof(IOException), true)] // a base type, of the runtime
    [InlineData(typeof(Exception), true)]
    [InlineData(typeof(FileNotFoundException), false)] // a sibling
    [InlineData(typeof(JsonException), false)] // an inner failure
    public void IsCausedBy_AnyType_IsTrueForTheTypeAndItsBases(Type type, bool expected) =>
        Assert.Equal(expected, TaskFailureDetails.FromException(new StorageFullException("", new JsonException())).IsCausedBy(type));

    [Fact]
    public void IsCausedBy_BaseTypeInAnotherAssembly_IsTrue() =>
        Assert.True(new TaskFailureDetails(typeof(JsonException).FullName!, "", null, null, null).IsCausedBy<Exception>());

    [Theory]
    [InlineData("Of.An.Assembly.That.Is.Not.Loaded")]
    [InlineData("")]
    public void IsCausedBy_UnknownType_IsFalse(string errorType) =>
        Assert.False(new TaskFailureDetails(errorType, "", null, null, null).IsCausedBy<Exception>());

    [Fact]
    public void IsCausedBy_NoTypeOfException_IsRefused() =>
        Assert.Throws<ArgumentException>(() => TaskFailureDetails.FromException(new IOException()).IsCausedBy(typeof(string)));

    [Fact]
    public void TaskFailedException_OfAFailure_SaysTaskAndCause()
    {
        var failure = new TaskFailureDetails("Bank.Closed", "It is Sunday.", null, null, null);

        Assert.Equal(
            "Task 'CheckName' (#0) failed with an unhandled exception: It is Sunday.",
            new TaskFailedException("CheckName", 0, failure).Message);
    }

    [Fact]
    public void TaskFailedException_OfAnException_KeepsItAsFailureToo()
    {
        var cause = new IOException("Disk full.");

        var exception = new TaskFailedException("Write", 2, cause);

        Assert.Equal("Task 'Write' (#2) failed with an unhandled exception: Disk full.", exception.Message);
        Assert.Same(cause, exception.InnerException);
        Assert.True(exception.FailureDetails.IsCausedBy<IOException>());
    }

    private sealed class StorageFullException(string message, Exception inner) : IOException(message, inner);
}
