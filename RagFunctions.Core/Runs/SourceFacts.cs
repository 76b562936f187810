namespace RagFunctions.Core.Runs;

/// <summary>What the main database says about a cabinet when a round begins.</summary>
/// <param name="Now">Its clock, read before the first source row: the watermark of the next catch-up.</param>
/// <param name="IsActive">The cabinet exists and is active.</param>
/// <param name="FullRequestVersion">Version of the queue's request for a full rebuild (a table was truncated); null = none.</param>
/// <param name="Kind">How its changes are announced.</param>
public sealed record SourceFacts(DateTimeOffset Now, bool IsActive, long? FullRequestVersion, ChangeSource Kind);
