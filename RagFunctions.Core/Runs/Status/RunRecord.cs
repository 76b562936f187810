namespace RagFunctions.Core.Runs.Status;

/// <summary>A run as <c>rag_index_runs</c> keeps it. Times by the index database's clock, durations in milliseconds, money in US dollars.</summary>
public sealed record RunRecord
{
    public required Guid RunId { get; init; }
    public required long CabinetId { get; init; }

    /// <summary>The strongest mode any of its rounds had.</summary>
    public required string Mode { get; init; }

    /// <summary>Null while it runs.</summary>
    public string? Outcome { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }
    public int Rounds { get; init; }
    public long RowsRead { get; init; }
    public long ChunksNew { get; init; }
    public long ChunksUpdated { get; init; }
    public long ChunksUnchanged { get; init; }
    public long ChunksDeleted { get; init; }
    public long ChunksExpired { get; init; }
    public long FailedRows { get; init; }
    public long FailedChunks { get; init; }
    public long PendingChunks { get; init; }
    public long TotalChunks { get; init; }
    public long EmbeddingRequests { get; init; }
    public long EmbeddingInputs { get; init; }
    public long EmbeddingTokens { get; init; }
    public long ReusedVectors { get; init; }
    public long FailedBatches { get; init; }
    public decimal CostUsd { get; init; }

    /// <summary>What re-embedding every chunk of the cabinet would have taken.</summary>
    public long NaiveInputs { get; init; }
    public long NaiveTokens { get; init; }
    public decimal NaiveCostUsd { get; init; }
    public long ReadMs { get; init; }
    public long RenderMs { get; init; }
    public long EmbedMs { get; init; }
    public long SaveMs { get; init; }
    public string? LastError { get; init; }

    /// <summary>JSON array of entity, indexed_rows, eligible_rows; null when the guard held nothing back.</summary>
    public string? Blocked { get; init; }

    /// <summary>Chunks that differed when a full run verified; null when none did.</summary>
    public VerifiedCounts? Verified { get; init; }
}
