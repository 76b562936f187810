using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Store;

namespace RagFunctions.Core.Status;

/// <summary>Reads every tenant at a glance, page by page in the order of their ids: one statement for each database and page.</summary>
public sealed class CabinetOverview(MainDatabase main, RagDatabase rag)
{
    /// <summary>The longest page.</summary>
    public const int MaxPage = 500;

    private const string Cabinets = """
        SELECT c.id::bigint, c.name, c.is_active, q.queued, q.failed, q.age
        FROM (SELECT id, name, is_active FROM wb_cabinets WHERE id > $1 ORDER BY id LIMIT $2) AS c
        CROSS JOIN LATERAL (
            SELECT count(*) AS queued, count(*) FILTER (WHERE attempts > 0) AS failed,
                   COALESCE(extract(epoch FROM clock_timestamp() - min(first_changed_at)), 0)::float8 AS age
            FROM rag_changes WHERE cabinet_id = c.id) AS q
        ORDER BY c.id
        """;

    private const string Indexes = $"""
        SELECT a.cabinet_id, COALESCE(s.lease_owner IS NOT NULL AND s.lease_expires_at > clock_timestamp(), false), s.last_outcome, s.requested_mode,
               COALESCE(s.total_chunks, 0), p.pending, p.failed, p.age, CASE WHEN s.not_before > clock_timestamp() THEN s.not_before END,
               s.full_completed_at, s.last_error, clock_timestamp(),
               COALESCE(t.cost_usd, 0) + COALESCE(u.cost_usd, 0),
               CASE WHEN s.embedding_not_before > clock_timestamp() THEN s.embedding_not_before END
        FROM unnest($1) AS a (cabinet_id)
        LEFT JOIN rag_index_status AS s ON s.cabinet_id = a.cabinet_id
        {CostToday.OfRuns}
        {CostToday.OfQuestions}
        {PendingCounts.OfCabinet}
        """;

    // The sweep asks for a full run that is older.
    private static readonly TimeSpan FullRunAge = TimeSpan.FromDays(8);

    /// <summary>The cabinets behind an id.</summary>
    /// <param name="after">Behind this id; 0 begins.</param>
    /// <param name="limit">At most so many, 1…<see cref="MaxPage"/>.</param>
    public async Task<CabinetPage> ReadAsync(long after, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaxPage);
        var known = await ReadKnownAsync(after, limit, cancellationToken);
        if (known.Count == 0)
        {
            return new CabinetPage([], null);
        }

        await using var batch = rag.Source.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(PendingCounts.ReadPendingOnly));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Indexes)
        {
            Parameters = { Parameter.Of<long[]>([.. known.Keys]) },
        });
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        await row.NextResultAsync(cancellationToken);
        List<CabinetGlance> glances = [];
        while (await row.ReadAsync(cancellationToken))
        {
            glances.Add(Glance(row, known[row.GetInt64(0)]));
        }

        return new CabinetPage([.. glances.OrderBy(glance => glance.CabinetId)], known.Count == limit ? known.Keys.Max() : null);
    }

    private static CabinetGlance Glance(NpgsqlDataReader row, CabinetGlance known)
    {
        var requested = row.GetStringOrNull(3);
        var (pending, refused) = (row.GetInt64(5), row.GetInt64(6));
        var notBefore = row.GetFieldValue<DateTimeOffset?>(8);
        var full = row.GetFieldValue<DateTimeOffset?>(9);
        var isIndexing = row.GetBoolean(1);
        var embedsFrom = pending > refused ? row.GetFieldValue<DateTimeOffset?>(13) : null;
        var isDue = requested is not null || full is null || known.Queued > known.Failed || (pending > refused && embedsFrom is null);
        return known with
        {
            IsIndexing = isIndexing,
            Outcome = row.GetStringOrNull(2),
            RequestedMode = requested,
            TotalChunks = row.GetInt64(4),
            Pending = pending,
            Failed = known.Failed + refused,
            LagSeconds = Math.Round(Math.Max(known.LagSeconds, row.GetDouble(7)), 1),
            NextRunAt = !known.IsActive || isIndexing ? null : notBefore ?? (isDue ? row.GetFieldValue<DateTimeOffset>(11) : embedsFrom ?? full + FullRunAge),
            LastFullAt = full,
            LastError = row.GetStringOrNull(10),
            CostTodayUsd = row.GetDecimal(12),
        };
    }

    private async Task<Dictionary<long, CabinetGlance>> ReadKnownAsync(long after, int limit, CancellationToken cancellationToken)
    {
        await using var command = main.Source.CreateCommand(Cabinets);
        command.Parameters.Add(Parameter.Of<long>(after));
        command.Parameters.Add(Parameter.Of<int>(limit));
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        Dictionary<long, CabinetGlance> known = [];
        while (await row.ReadAsync(cancellationToken))
        {
            known.Add(row.GetInt64(0), new CabinetGlance
            {
                CabinetId = row.GetInt64(0),
                Name = row.GetStringOrNull(1),
                IsActive = row.GetBoolean(2),
                Queued = row.GetInt64(3),
                Failed = row.GetInt64(4),
                LagSeconds = row.GetDouble(5),
            });
        }

        return known;
    }
}

/// <summary>A page of cabinets.</summary>
/// <param name="Cabinets">In the order of their ids.</param>
/// <param name="NextAfter">What to ask behind for the next page; null: this was the last.</param>
public sealed record CabinetPage(IReadOnlyList<CabinetGlance> Cabinets, long? NextAfter);

/// <summary>A cabinet at a glance.</summary>
public sealed record CabinetGlance
{
    /// <summary>The cabinet.</summary>
    public required long CabinetId { get; init; }

    /// <summary>Its name.</summary>
    public string? Name { get; init; }

    /// <summary>False: hidden from search, no runs.</summary>
    public required bool IsActive { get; init; }

    /// <summary>A live lease: something really runs.</summary>
    public bool IsIndexing { get; init; }

    /// <summary>Of the last run; null: none has ended.</summary>
    public string? Outcome { get; init; }

    /// <summary>A stored request that no run has served yet.</summary>
    public string? RequestedMode { get; init; }

    /// <summary>Chunks of the cabinet.</summary>
    public long TotalChunks { get; init; }

    /// <summary>Chunks whose present text has no vector yet.</summary>
    public long Pending { get; init; }

    /// <summary>Rows and chunks kept with an error and a next attempt.</summary>
    public long Failed { get; init; }

    /// <summary>Changes waiting in the queue, failed ones included.</summary>
    public long Queued { get; init; }

    /// <summary>Age of the oldest queued change or pending chunk; 0 when there is none.</summary>
    public double LagSeconds { get; init; }

    /// <summary>US dollars spent on embedding since midnight UTC, questions included.</summary>
    public decimal CostTodayUsd { get; init; }

    /// <summary>When the sweep starts the next run at the latest; null while one is under way, and for inactive cabinets.</summary>
    public DateTimeOffset? NextRunAt { get; init; }

    /// <summary>End of the last full run.</summary>
    public DateTimeOffset? LastFullAt { get; init; }

    /// <summary>Of the last run; null: none.</summary>
    public string? LastError { get; init; }
}
