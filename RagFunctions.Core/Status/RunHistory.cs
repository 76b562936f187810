using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Status;

/// <summary>What runs did over the last hours or days, in equal steps.</summary>
public sealed class RunHistory
{
    // $1 cabinets or null, $2 width of a step, $3 how many. Steps begin at full multiples of their width, so that they stay while time goes on.
    private const string Steps = """
        WITH span AS (
            SELECT date_bin($2, clock_timestamp(), '2000-01-01T00:00Z') + $2 AS until
        ), summed AS (
            SELECT date_bin($2, h.hour, '2000-01-01T00:00Z') AS began, sum(h.runs) AS runs, sum(h.failed_runs) AS failed_runs, sum(h.inputs) AS inputs,
                   sum(h.cost_usd) AS cost_usd, sum(h.naive_cost_usd) AS naive_cost_usd, sum(h.run_ms) AS run_ms, max(h.longest_ms) AS longest_ms,
                   max(h.lag_seconds) AS lag_seconds
            FROM rag_run_hours AS h, span
            WHERE h.hour >= span.until - $3 * $2 AND ($1::bigint[] IS NULL OR h.cabinet_id = ANY ($1))
            GROUP BY 1
        )
        SELECT s.began, COALESCE(runs, 0)::bigint AS runs, COALESCE(failed_runs, 0)::bigint AS failed_runs, COALESCE(inputs, 0)::bigint AS inputs,
               COALESCE(cost_usd, 0) AS cost_usd, COALESCE(naive_cost_usd, 0) AS naive_cost_usd, COALESCE(run_ms, 0)::bigint AS run_ms,
               COALESCE(longest_ms, 0)::bigint AS longest_ms, COALESCE(lag_seconds, 0)::float8 AS lag_seconds
        FROM span, generate_series(span.until - $3 * $2, span.until - $2, $2) AS s (began)
        LEFT JOIN summed USING (began)
        ORDER BY s.began
        """;

    private readonly RagDatabase _rag;
    private readonly Dictionary<HistoryWindow, Remembered<HistoryReply>> _ofAll;

    public RunHistory(RagDatabase rag)
    {
        _rag = rag;
        _ofAll = Enum.GetValues<HistoryWindow>().ToDictionary(
            window => window,
            window => new Remembered<HistoryReply>(TimeSpan.FromSeconds(15), stop => ReadFreshAsync(null, window, stop)));
    }

    /// <summary>Of the cabinets together.</summary>
    /// <param name="cabinets">Whose runs; null: of all, some seconds old at most.</param>
    public Task<HistoryReply> ReadAsync(IReadOnlyCollection<long>? cabinets, HistoryWindow window, CancellationToken cancellationToken) =>
        cabinets is null ? _ofAll[window].GetAsync(cancellationToken) : ReadFreshAsync([.. cabinets], window, cancellationToken);

    private async Task<HistoryReply> ReadFreshAsync(long[]? cabinets, HistoryWindow window, CancellationToken cancellationToken)
    {
        var (step, count) = window == HistoryWindow.Day ? (TimeSpan.FromHours(1), 24) : (TimeSpan.FromHours(6), 56);
        await using var command = _rag.Source.CreateCommand(Steps);
        command.Parameters.Add(Parameter.Of(cabinets));
        command.Parameters.Add(Parameter.Of(step));
        command.Parameters.Add(Parameter.Of(count));
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        List<HistoryStep> steps = [];
        while (await row.ReadAsync(cancellationToken))
        {
            var runs = row.Of<long>("runs");
            steps.Add(new HistoryStep(
                row.Of<DateTimeOffset>("began"), runs, row.Of<long>("failed_runs"), row.Of<long>("inputs"), row.Of<decimal>("cost_usd"),
                row.Of<decimal>("naive_cost_usd"), runs == 0 ? 0 : Math.Round(row.Of<long>("run_ms") / 1000.0 / runs, 3), row.Of<long>("longest_ms") / 1000.0,
                Math.Round(row.Of<double>("lag_seconds"), 1)));
        }

        return new HistoryReply(window == HistoryWindow.Day ? "day" : "fortnight", (long)step.TotalSeconds, steps);
    }
}

/// <summary>How far back.</summary>
public enum HistoryWindow
{
    /// <summary>24 hours, hour by hour.</summary>
    Day,

    /// <summary>14 days in steps of six hours.</summary>
    Fortnight,
}

/// <summary>What runs did.</summary>
/// <param name="Window"><c>day</c> or <c>fortnight</c>.</param>
/// <param name="StepSeconds">The width of a step.</param>
/// <param name="Steps">The oldest first, without gaps; the last one is not over yet.</param>
public sealed record HistoryReply(string Window, long StepSeconds, IReadOnlyList<HistoryStep> Steps);

/// <summary>The runs that ended within a step.</summary>
/// <param name="StartedAt">When the step began.</param>
/// <param name="Runs">How many.</param>
/// <param name="FailedRuns">How many of them failed.</param>
/// <param name="Texts">Texts embedded.</param>
/// <param name="CostUsd">US dollars, questions not included.</param>
/// <param name="NaiveCostUsd">What embedding every chunk in each run would have cost, by estimate.</param>
/// <param name="MeanSeconds">The mean duration of a run.</param>
/// <param name="LongestSeconds">The longest run.</param>
/// <param name="LagSeconds">The worst lag that the sweep saw, from a minute on; 0: always under a minute.</param>
public sealed record HistoryStep(
    DateTimeOffset StartedAt, long Runs, long FailedRuns, long Texts, decimal CostUsd, decimal NaiveCostUsd, double MeanSeconds, double LongestSeconds,
    double LagSeconds);
