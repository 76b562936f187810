using RagFunctions.Cli;
using RagFunctions.Sync;

namespace RagFunctions.Dev.Demo;

/// <summary>Keeps the lines of the demo, and what a system would have paid that embeds everything again at every sync.</summary>
internal sealed class DemoLedger(DemoApi api)
{
    private readonly List<DemoLine> _lines = [];
    private Guid? _lastRun;
    private (long Inputs, long Tokens, decimal Usd) _naive;

    /// <summary>All of them, oldest first.</summary>
    public IReadOnlyList<DemoLine> Lines => _lines;

    /// <summary>Notes a sync that has ended.</summary>
    /// <exception cref="CliException">The sync or a run did not end as it must.</exception>
    public async Task<DemoLine> NoteAsync(DateTimeOffset at, SyncSummary sync, CancellationToken cancellationToken)
    {
        var runs = await api.RunsAfterAsync(_lastRun, cancellationToken);
        if (runs.Count > 0)
        {
            // After a quiet sync nothing has changed, and everything would still have been embedded again.
            _lastRun = runs[0].RunId;
            _naive = (runs[0].NaiveInputs, runs[0].NaiveTokens, runs[0].NaiveCostUsd);
        }

        var line = new DemoLine(at, sync, runs, _naive);
        if (line.Problem is { } problem)
        {
            throw new CliException($"{at:yyyy-MM-dd HH:mm} UTC: {problem}");
        }

        _lines.Add(line);
        return line;
    }
}

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
