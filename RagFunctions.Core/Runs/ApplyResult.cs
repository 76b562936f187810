namespace RagFunctions.Core.Runs;

/// <summary>What one range of changes came to. Counts only, never texts.</summary>
/// <param name="Superseded">The token is no longer the cabinet's: nothing (more) was written.</param>
/// <param name="RowsRead">Source rows looked at.</param>
/// <param name="New">Chunks inserted.</param>
/// <param name="Updated">Chunks whose text changed.</param>
/// <param name="Unchanged">Chunks found equal and not written.</param>
/// <param name="Deleted">Chunks deleted.</param>
/// <param name="FailedRows">Rows that could not be read or rendered; they stay queued with their error.</param>
/// <param name="Blocked">Set when the guard kept chunks that would have been deleted.</param>
/// <param name="Error">First error of a failed row, without secrets or personal data.</param>
/// <param name="ReadMs">Milliseconds reading the source and, at the same time, what the index holds of it.</param>
/// <param name="RenderMs">Milliseconds rendering and hashing.</param>
/// <param name="SaveMs">Milliseconds comparing and writing.</param>
public sealed record ApplyResult(
    bool Superseded = false,
    long RowsRead = 0,
    long New = 0,
    long Updated = 0,
    long Unchanged = 0,
    long Deleted = 0,
    long FailedRows = 0,
    BlockedEntity? Blocked = null,
    string? Error = null,
    long ReadMs = 0,
    long RenderMs = 0,
    long SaveMs = 0);
