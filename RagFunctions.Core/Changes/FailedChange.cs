namespace RagFunctions.Core.Changes;

/// <summary>A row that could not be indexed.</summary>
/// <param name="Id">Row primary key.</param>
/// <param name="Version">The queue version that was taken; null when the row was not queued (full run): it is queued now.</param>
/// <param name="Error">What went wrong, without secrets or personal data. Cut to 500 characters.</param>
public readonly record struct FailedChange(long Id, long? Version, string Error);
