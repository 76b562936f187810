using RagFunctions.Sync;

namespace RagFunctions.Dev.Demo;

/// <summary>One sync and the runs it led to.</summary>
/// <param name="At">When it began, by the demo's clock.</param>
/// <param name="Sync">What the sync did.</param>
/// <param name="Runs">The runs, newest first; none after a quiet sync.</param>
/// <param name="Naive">What embedding everything again takes at this time: tokens and dollars.</param>
internal sealed record DemoLine(DateTimeOffset At, SyncSummary Sync, IReadOnlyList<DemoRun> Runs, (long Inputs, long Tokens, decimal Usd) Naive)
{
    public long RowsRead => Sync.Entities.Sum(entity => entity.Read);

    public long RowsNew => Sync.Entities.Sum(entity => entity.New);

    public long RowsChanged => Sync.Entities.Sum(entity => entity.Changed);

    public long ChunksNew => Runs.Sum(run => run.ChunksNew);

    public long ChunksUpdated => Runs.Sum(run => run.ChunksUpdated);

    public long ChunksDeleted => Runs.Sum(run => run.ChunksDeleted + run.ChunksExpired);

    public long Embedded => Runs.Sum(run => run.EmbeddingInputs);

    public long Tokens => Runs.Sum(run => run.EmbeddingTokens);

    public decimal Usd => Runs.Sum(run => run.CostUsd);

    /// <summary>What went otherwise than it must; null = nothing.</summary>
    public string? Problem =>
        Sync.Entities.FirstOrDefault(entity => entity.Status != "ok") is { } entity
            ? $"{entity.Entity} ended {entity.Status}: {entity.Reason ?? $"until {entity.WaitUntil:u}"}"
        : Runs.FirstOrDefault(run => run.Outcome != "completed") is { } run
            ? $"the run {run.RunId} ended {run.Outcome}: {run.LastError}"
        : null;
}
