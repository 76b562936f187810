namespace RagFunctions.Core.Runs.Status;

/// <summary>The index of a cabinet at a glance: the original's fields, then what it kept silent about.</summary>
public sealed record IndexStatus
{
    /// <summary><c>success</c>, or <c>not_found</c> when the cabinet has never been indexed.</summary>
    public required string Status { get; init; }
    public required long CabinetId { get; init; }

    /// <summary><c>pending</c>, <c>in_progress</c>, <c>completed</c> or <c>failed</c>; null when never indexed.</summary>
    public string? IndexingStatus { get; init; }

    /// <summary>A live lease: true only while something really runs.</summary>
    public bool IsIndexing { get; init; }
    public DateTimeOffset? LastIndexedAt { get; init; }
    public DateTimeOffset? LastIncrementalAt { get; init; }
    public long TotalChunks { get; init; }
    public DateTimeOffset? CreatedAt { get; init; }
    public DateTimeOffset? UpdatedAt { get; init; }
    public required string Message { get; init; }

    /// <summary>The exact outcome of the last run, one of <see cref="RunOutcome"/>.</summary>
    public string? Outcome { get; init; }

    /// <summary>Mode of the last run, or of the one under way.</summary>
    public string? Mode { get; init; }

    /// <summary>A stored request that no run has served yet.</summary>
    public string? RequestedMode { get; init; }

    /// <summary>False: hidden from search, no runs. Of a cabinet that was never indexed: whether the main database has it as active.</summary>
    public required bool IsActive { get; init; }

    /// <summary>Chunks whose present text has no vector yet.</summary>
    public long Pending { get; init; }

    /// <summary>Rows and chunks kept with an error and a next attempt.</summary>
    public long Failed { get; init; }

    /// <summary>Changes waiting in the queue, failed ones included.</summary>
    public long Queued { get; init; }

    /// <summary>Seconds the index is behind: the age of the oldest queued change or pending chunk; 0 when there is none.</summary>
    public double LagSeconds { get; init; }

    /// <summary><c>sync</c>, <c>capture</c> or <c>catch_up</c>.</summary>
    public required string ChangeSource { get; init; }

    /// <summary>The sweep leaves the cabinet alone until then.</summary>
    public DateTimeOffset? NotBefore { get; init; }
    public string? LastError { get; init; }
    public RunRecord? LastRun { get; init; }
}
