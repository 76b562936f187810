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
