namespace RagFunctions.Core.Runs;

/// <summary>Where a run is: the orchestration's custom status and what the command line draws. A few hundred characters at most.</summary>
/// <param name="Phase"><c>begin</c>, <c>apply</c>, <c>plan</c>, <c>embed</c>, <c>finish</c> or <c>ended</c>.</param>
/// <param name="Done">Steps of the phase that are over.</param>
/// <param name="Total">Steps of the phase.</param>
/// <param name="Round">The round, 1-based.</param>
/// <param name="Mode">The round's mode on the wire; null before it is decided.</param>
/// <param name="RowsRead">Source rows looked at in this round.</param>
/// <param name="Embedded">Chunks that got a vector in this round, paid or reused.</param>
/// <param name="Pending">Chunks that were due for embedding when it was planned.</param>
/// <param name="Error">First error met, shortened.</param>
public sealed record RunProgress(
    string Phase,
    int Done,
    int Total,
    int Round,
    string? Mode,
    long RowsRead,
    long Embedded,
    long Pending,
    string? Error);
