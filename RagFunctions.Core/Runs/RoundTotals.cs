namespace RagFunctions.Core.Runs;

/// <summary>Sums over the steps of one round.</summary>
public sealed record RoundTotals
{
    public long RowsRead { get; init; }
    public long New { get; init; }
    public long Updated { get; init; }
    public long Unchanged { get; init; }
    public long Deleted { get; init; }
    public long FailedRows { get; init; }
    public long FailedChunks { get; init; }
    public long Embedded { get; init; }
    public long Reused { get; init; }
    public long Requests { get; init; }
    public long Inputs { get; init; }
    public long Tokens { get; init; }
    public long FailedBatches { get; init; }
    public long ReadMs { get; init; }
    public long RenderMs { get; init; }
    public long EmbedMs { get; init; }
    public long SaveMs { get; init; }

    /// <summary>Entities the guard held back, each once.</summary>
    public IReadOnlyList<BlockedEntity> Blocked { get; init; } = [];

    /// <summary>The first error met, for <c>last_error</c>.</summary>
    public string? Error { get; init; }

    /// <summary>These sums plus one applied range.</summary>
    public RoundTotals Plus(ApplyResult result) => this with
    {
        RowsRead = RowsRead + result.RowsRead,
        New = New + result.New,
        Updated = Updated + result.Updated,
        Unchanged = Unchanged + result.Unchanged,
        Deleted = Deleted + result.Deleted,
        FailedRows = FailedRows + result.FailedRows,
        ReadMs = ReadMs + result.ReadMs,
        RenderMs = RenderMs + result.RenderMs,
        SaveMs = SaveMs + result.SaveMs,
        Blocked = result.Blocked is null || Blocked.Any(b => b.Entity == result.Blocked.Entity) ? Blocked : [.. Blocked, result.Blocked],
        Error = Error ?? result.Error,
    };

    /// <summary>These sums plus one embedded interval.</summary>
    public RoundTotals Plus(EmbedBatchResult result) => this with
    {
        Embedded = Embedded + result.Embedded,
        Reused = Reused + result.Reused,
        FailedChunks = FailedChunks + result.FailedChunks,
        Requests = Requests + result.Requests,
        Inputs = Inputs + result.Inputs,
        Tokens = Tokens + result.Tokens,
        // One that has to wait is tried again; if nobody waits for it, the run's outcome says so.
        FailedBatches = FailedBatches + (result.Error is null && result.StopError is null ? 0 : 1),
        EmbedMs = EmbedMs + result.EmbedMs,
        SaveMs = SaveMs + result.SaveMs,
        Error = Error ?? result.StopError ?? result.Error,
    };
}
