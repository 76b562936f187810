namespace Microsoft.DurableTask;

/// <summary>What is known of a failure. Never decide anything by <paramref name="ErrorType"/>.</summary>
public record class TaskFailureDetails(
    string ErrorType,
    string ErrorMessage,
    string? StackTrace,
    TaskFailureDetails? InnerFailure,
    IDictionary<string, object?>? Properties);
