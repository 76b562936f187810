using Microsoft.Extensions.Options;
using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Store;

namespace RagFunctions.Core.Status;

/// <summary>
/// How all cabinets stand together, and a sorted and filtered page of them: one round trip to each database for all that ask within some
/// seconds. The order of a page goes over both databases, so it is made here and not in one of them.
/// </summary>
public sealed class CabinetBoard
{
    /// <summary>The longest page.</summary>
    public const int MaxPage = 200;

    // $1: business time, by which limits of the marketplace end.
    private const string Sources = """
        SELECT c.id::bigint AS id, c.name, c.is_active, c.token_rejected_at IS NOT NULL AS token_rejected, COALESCE(q.queued, 0) AS queued,
               COALESCE(q.failed, 0) AS failed, COALESCE(q.age, 0)::float8 AS age, COALESCE(k.failures, 0) AS sync_failures,
               COALESCE(k.waits, 0) AS sync_waits, k.error AS sync_error
        FROM wb_cabinets AS c
        LEFT JOIN (
            SELECT cabinet_id, count(*) AS queued, count(*) FILTER (WHERE attempts > 0) AS failed,
                   extract(epoch FROM clock_timestamp() - min(first_changed_at)) AS age
            FROM rag_changes GROUP BY cabinet_id) AS q ON q.cabinet_id = c.id
        LEFT JOIN (
            SELECT cabinet_id, count(*) FILTER (WHERE last_outcome IN ('failed', 'rejected', 'forbidden')) AS failures,
                   count(*) FILTER (WHERE not_before > $1) AS waits,
                   min(entity || ': ' || last_error) FILTER (WHERE last_outcome IN ('failed', 'rejected', 'forbidden')) AS error
            FROM wb_sync_cursors GROUP BY cabinet_id) AS k ON k.cabinet_id = c.id
        """;

    /// <summary>Until when runs of <c>rag_index_status AS s</c>, or its embedding alone, wait; NULL: they do not.</summary>
    internal const string WaitsUntil =
        "CASE WHEN GREATEST(s.not_before, s.embedding_not_before) > clock_timestamp() THEN GREATEST(s.not_before, s.embedding_not_before) END AS not_before";

    private const string Indexes = $"""
        SELECT a.cabinet_id, COALESCE(s.lease_owner IS NOT NULL AND s.lease_expires_at > clock_timestamp(), false) AS is_indexing, s.last_outcome,
               COALESCE(s.total_chunks, 0) AS total_chunks, p.pending, p.failed, p.age, GREATEST(s.last_incremental_at, s.updated_at) AS last_run_at,
               {WaitsUntil}, s.last_error, b.daily_usd,
               COALESCE(t.inputs, 0)::bigint AS texts, COALESCE(t.naive_inputs, 0)::bigint AS naive_texts,
               COALESCE(t.cost_usd, 0) + COALESCE(u.cost_usd, 0) AS cost, COALESCE(t.naive_cost_usd, 0) AS naive_cost
        FROM unnest($1) AS a (cabinet_id)
        LEFT JOIN rag_index_status AS s ON s.cabinet_id = a.cabinet_id
        LEFT JOIN rag_budgets AS b ON b.cabinet_id = a.cabinet_id
        {CostToday.OfRuns}
        {CostToday.OfQuestions}
        {PendingCounts.OfCabinet}
        """;

    private const string Shared = $"""
        SELECT clock_timestamp() AS now, (SELECT not_before FROM rag_provider WHERE not_before > clock_timestamp()) AS provider_not_before,
               (SELECT reason FROM rag_provider WHERE not_before > clock_timestamp()) AS provider_reason,
               (SELECT model FROM rag_embedder) AS model, (SELECT dimensions FROM rag_embedder) AS dimensions,
               COALESCE((SELECT sum(usd) FROM ({EmbeddingPayments.SpentToday}) AS today), 0) AS spent
        """;

    private readonly MainDatabase _main;
    private readonly RagDatabase _rag;
    private readonly TimeProvider _time;
    private readonly decimal? _dailyUsd;
    private readonly Remembered<Reading> _reading;

    public CabinetBoard(MainDatabase main, RagDatabase rag, TimeProvider time, IOptions<BudgetsOptions> budgets)
    {
        (_main, _rag, _time, _dailyUsd) = (main, rag, time, budgets.Value.DailyUsd);
        _reading = new Remembered<Reading>(TimeSpan.FromSeconds(2), ReadAsync);
    }

    /// <summary>What the viewer may see of it.</summary>
    /// <param name="cabinets">The only cabinets; null: all, and what belongs to no single one.</param>
    /// <param name="page">Which of them to list.</param>
    public async Task<Board> ReadAsync(IReadOnlySet<long>? cabinets, BoardPage page, CancellationToken cancellationToken)
    {
        var reading = await _reading.GetAsync(cancellationToken);
        var all = cabinets is null ? reading.Standings : [.. reading.Standings.Where(standing => cabinets.Contains(standing.CabinetId))];
        var matching = page.Of(all);
        var worst = all.Where(standing => standing.IsActive).MaxBy(standing => standing.LagSeconds);
        return new Board(
            reading.At,
            cabinets is null,
            new BoardTotals(
                BoardStates.Of(all),
                all.Count(standing => standing.IsIndexing),
                all.Sum(standing => standing.TotalChunks),
                all.Sum(standing => standing.Queued),
                all.Sum(standing => standing.Pending),
                all.Sum(standing => standing.Failed),
                worst?.LagSeconds ?? 0,
                worst is { LagSeconds: > 0 } ? worst.CabinetId : null),
            new BoardToday(
                all.Sum(standing => standing.TextsToday), all.Sum(standing => standing.CostTodayUsd), all.Sum(standing => standing.NaiveTextsToday),
                all.Sum(standing => standing.NaiveCostTodayUsd), cabinets is null ? _dailyUsd : null, cabinets is null ? reading.SpentUsd : null),
            new BoardPauses(
                reading.ProviderNotBefore, cabinets is null ? reading.ProviderReason : null, all.Count(standing => standing.SyncWaits > 0),
                all.Count(standing => standing.TokenRejected)),
            reading.Model,
            matching.Count,
            [.. matching.Skip((page.Number - 1) * page.Size).Take(page.Size)],
            page.Kept is { } kept ? [.. all.Where(standing => kept.Contains(standing.CabinetId))] : []);
    }

    private async Task<Reading> ReadAsync(CancellationToken cancellationToken)
    {
        var sources = await ReadSourcesAsync(cancellationToken);
        await using var batch = _rag.Source.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(PendingCounts.ReadPendingOnly));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Indexes) { Parameters = { Parameter.Of<long[]>([.. sources.Keys]) } });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Shared));
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        await row.NextResultAsync(cancellationToken);
        List<CabinetStanding> standings = new(sources.Count);
        while (await row.ReadAsync(cancellationToken))
        {
            standings.Add(Standing(row, sources[row.GetInt64(0)]));
        }

        await row.NextResultAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return new Reading(
            standings, row.Of<DateTimeOffset>("now"), row.Of<DateTimeOffset?>("provider_not_before"), row.Of<string?>("provider_reason"),
            row.Of<string?>("model") is { } model ? new BoardModel(model, row.Of<int>("dimensions")) : null, row.Of<decimal>("spent"));
    }

    private async Task<Dictionary<long, CabinetStanding>> ReadSourcesAsync(CancellationToken cancellationToken)
    {
        await using var command = _main.Source.CreateCommand(Sources);
        command.Parameters.Add(Parameter.Of(_time.GetUtcNow()));
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        Dictionary<long, CabinetStanding> sources = [];
        while (await row.ReadAsync(cancellationToken))
        {
            sources.Add(row.GetInt64(0), new CabinetStanding
            {
                CabinetId = row.GetInt64(0),
                Name = row.GetStringOrNull(1),
                IsActive = row.GetBoolean(2),
                TokenRejected = row.GetBoolean(3),
                Queued = row.GetInt64(4),
                Failed = row.GetInt64(5),
                LagSeconds = row.GetDouble(6),
                SyncFailures = row.GetInt64(7),
                SyncWaits = row.GetInt64(8),
                LastError = row.GetStringOrNull(9),
            });
        }

        return sources;
    }

    private static CabinetStanding Standing(NpgsqlDataReader row, CabinetStanding source) => source with
    {
        IsIndexing = row.Of<bool>("is_indexing"),
        Outcome = row.Of<string?>("last_outcome"),
        TotalChunks = row.Of<long>("total_chunks"),
        Pending = row.Of<long>("pending"),
        Failed = source.Failed + row.Of<long>("failed"),
        LagSeconds = Math.Round(Math.Max(source.LagSeconds, row.Of<double>("age")), 1),
        LastRunAt = row.Of<string?>("last_outcome") is null ? null : row.Of<DateTimeOffset?>("last_run_at"),
        NotBefore = row.Of<DateTimeOffset?>("not_before"),
        LastError = row.Of<string?>("last_error") ?? source.LastError,
        DailyBudgetUsd = row.Of<decimal?>("daily_usd"),
        TextsToday = row.Of<long>("texts"),
        CostTodayUsd = row.Of<decimal>("cost"),
        NaiveTextsToday = row.Of<long>("naive_texts"),
        NaiveCostTodayUsd = row.Of<decimal>("naive_cost"),
    };

    private sealed record Reading(
        IReadOnlyList<CabinetStanding> Standings, DateTimeOffset At, DateTimeOffset? ProviderNotBefore, string? ProviderReason, BoardModel? Model,
        decimal SpentUsd);
}

/// <summary>All cabinets that the viewer may see, together.</summary>
/// <param name="At">When it was read; some seconds ago at most.</param>
/// <param name="IsOperator">All cabinets there are.</param>
/// <param name="Totals">How they stand.</param>
/// <param name="Today">What today (UTC) cost.</param>
/// <param name="Pauses">What all or many of them wait for.</param>
/// <param name="Model">The model of the vectors; null: none is stored yet.</param>
/// <param name="Matching">How many cabinets match the filter.</param>
/// <param name="Cabinets">The page of them.</param>
/// <param name="Kept">Those asked for by their ids, in no order.</param>
public sealed record Board(
    DateTimeOffset At, bool IsOperator, BoardTotals Totals, BoardToday Today, BoardPauses Pauses, BoardModel? Model, int Matching,
    IReadOnlyList<CabinetStanding> Cabinets, IReadOnlyList<CabinetStanding> Kept);

/// <summary>How the cabinets stand.</summary>
/// <param name="States">How many cabinets there are of each state.</param>
/// <param name="Indexing">Runs under way, whatever the state.</param>
/// <param name="TotalChunks">Texts stored.</param>
/// <param name="Queued">Changes waiting in the queue, failed ones included.</param>
/// <param name="Pending">Chunks whose present text has no vector yet.</param>
/// <param name="Failed">Rows and chunks kept with an error and a next attempt.</param>
/// <param name="WorstLagSeconds">The longest lag of an active cabinet.</param>
/// <param name="WorstLagCabinetId">Whose it is; null: nobody has any.</param>
public sealed record BoardTotals(
    BoardStates States, int Indexing, long TotalChunks, long Queued, long Pending, long Failed, double WorstLagSeconds,
    long? WorstLagCabinetId);

/// <summary>How many cabinets there are of each state.</summary>
/// <param name="Failed">The last run failed.</param>
/// <param name="Blocked">The guard against mass deletion waits for an operator.</param>
/// <param name="SyncFailed">An entity of the sync fails, or the marketplace rejects the token.</param>
/// <param name="Waiting">Runs wait until a time or for a budget.</param>
/// <param name="WithErrors">Rows or chunks are kept with an error.</param>
/// <param name="Indexing">A run is under way, and nothing else is to be told.</param>
/// <param name="NeverIndexed">No run has ended yet.</param>
/// <param name="Ok">All is well.</param>
/// <param name="Inactive">Deactivated.</param>
public sealed record BoardStates(
    int Failed, int Blocked, int SyncFailed, int Waiting, int WithErrors, int Indexing, int NeverIndexed, int Ok, int Inactive)
{
    internal static BoardStates Of(IEnumerable<CabinetStanding> standings)
    {
        var counts = standings.CountBy(CabinetStanding.StateOf).ToDictionary();
        return new BoardStates(
            counts.GetValueOrDefault(CabinetState.Failed), counts.GetValueOrDefault(CabinetState.Blocked), counts.GetValueOrDefault(CabinetState.SyncFailed),
            counts.GetValueOrDefault(CabinetState.Waiting), counts.GetValueOrDefault(CabinetState.WithErrors), counts.GetValueOrDefault(CabinetState.Indexing),
            counts.GetValueOrDefault(CabinetState.NeverIndexed), counts.GetValueOrDefault(CabinetState.Ok), counts.GetValueOrDefault(CabinetState.Inactive));
    }
}

/// <summary>What was embedded since midnight UTC.</summary>
/// <param name="Texts">Texts embedded by runs.</param>
/// <param name="CostUsd">US dollars, questions included.</param>
/// <param name="NaiveTexts">What embedding every chunk in each run would have taken.</param>
/// <param name="NaiveCostUsd">By estimate.</param>
/// <param name="BudgetUsd">The budget of all cabinets together; null: none, or not for this key.</param>
/// <param name="SpentUsd">What counts against it, requests on their way included; null: not for this key.</param>
public sealed record BoardToday(long Texts, decimal CostUsd, long NaiveTexts, decimal NaiveCostUsd, decimal? BudgetUsd, decimal? SpentUsd);

/// <summary>What many wait for.</summary>
/// <param name="ProviderNotBefore">Until when no embedding request is sent; null: they are.</param>
/// <param name="ProviderReason">Why; for operators.</param>
/// <param name="MarketplaceWaits">Cabinets with an entity that waits for a limit of the marketplace.</param>
/// <param name="TokensRejected">Cabinets whose token the marketplace rejects.</param>
public sealed record BoardPauses(DateTimeOffset? ProviderNotBefore, string? ProviderReason, int MarketplaceWaits, int TokensRejected);

/// <summary>The model of the vectors.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Dimensions">Of a vector.</param>
public sealed record BoardModel(string Name, int Dimensions);
