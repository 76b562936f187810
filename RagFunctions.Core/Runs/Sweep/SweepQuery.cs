using Microsoft.Extensions.Options;
using Npgsql;
using RagFunctions.Core.Changes;
using RagFunctions.Core.Chunks;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Embeddings;

namespace RagFunctions.Core.Runs.Sweep;

/// <summary>
/// Finds the cabinets that need a run: one statement for each database, index probes for each cabinet, so that its cost follows
/// the number of cabinets and never the number of rows.
/// </summary>
public sealed class SweepQuery(
    MainDatabase main, RagDatabase rag, TimeProvider time, IOptions<RunsOptions> options, IOptions<BudgetsOptions> budgets, Embedders embedders)
{
    private const string CapturedTables = """
        (SELECT count(DISTINCT t.tgrelid) FROM pg_trigger AS t
         WHERE t.tgrelid = ANY (ARRAY[to_regclass('wb_products'), to_regclass('wb_orders'), to_regclass('wb_stocks'),
                                      to_regclass('wb_reviews'), to_regclass('wb_sales')])
           AND NOT t.tgisinternal AND t.tgenabled <> 'D' AND (t.tgtype & 8) <> 0 AND t.tgname = 'rag_capture_delete')
        """;

    // Two probes instead of an OR, which would read past every row that waits. now() and not clock_timestamp(): only a stable
    // function takes part in an index condition, and outside a transaction it is the statement's own time.
    private const string Cabinets = """
        SELECT c.id::bigint, c.is_active,
               EXISTS (SELECT FROM rag_changes AS q WHERE q.cabinet_id = c.id AND q.next_attempt_at IS NULL)
                   OR EXISTS (SELECT FROM rag_changes AS q WHERE q.cabinet_id = c.id AND q.next_attempt_at <= now()),
        """;

    private const string CabinetsWithoutCursors = $"{Cabinets} {CapturedTables} < 5, false AND $1 IS NULL FROM wb_cabinets AS c";

    private const string CabinetsWithCursors =
        $"{Cabinets} {CapturedTables} < 5 AND NOT EXISTS (SELECT FROM wb_sync_cursors AS k WHERE k.cabinet_id = c.id), {FirstSync.UnderWay} FROM wb_cabinets AS c";

    private const string MayEmbed = """
        (s.embedding_not_before IS NULL OR s.embedding_not_before <= clock_timestamp())
        AND ($8::numeric IS NULL OR (SELECT COALESCE(sum(usd), 0) FROM spent) < $8)
        AND NOT EXISTS (SELECT FROM rag_budgets AS b LEFT JOIN spent AS o ON o.cabinet_id = b.cabinet_id
                        WHERE b.cabinet_id = a.cabinet_id AND COALESCE(o.usd, 0) >= b.daily_usd)
        """;

    // The next generation of vectors: of thousands of cabinets a few at a time, whichever; so the sweep does not start them all at once to
    // wait for the same provider. One that is complete and has not moved is started to move.
    // LIMIT keeps expiry a probe for each cabinet: as an EXISTS it is planned as one read of everything that is expired. A budget that is
    // spent and a pause of the embedding hold back embedding and nothing else.
    private const string DueCabinets = $"""
        WITH spent AS (
            SELECT cabinet_id, sum(usd) AS usd FROM ({EmbeddingPayments.SpentToday}) AS today GROUP BY cabinet_id
        )
        SELECT chosen.cabinet_id, chosen.reason, chosen.requested_mode
        FROM (
        SELECT judged.cabinet_id, judged.reason, judged.requested_mode,
               row_number() OVER (PARTITION BY judged.reason ORDER BY random()) AS place
        FROM (
            SELECT a.cabinet_id, s.requested_mode,
                   CASE
                       WHEN s.full_completed_at IS NULL THEN 1
                       WHEN NOT s.is_active THEN 2
                       WHEN s.requested_mode IS NOT NULL THEN 3
                       WHEN a.has_changes THEN 4
                       WHEN EXISTS (SELECT FROM rag_metadata AS m
                                    WHERE m.cabinet_id = a.cabinet_id AND m.embedded_hash IS DISTINCT FROM m.chunk_hash
                                      AND (m.next_attempt_at IS NULL OR m.next_attempt_at <= clock_timestamp()))
                            AND {MayEmbed} THEN 5
                       WHEN (s.expiry_held_until IS NULL OR s.expiry_held_until <= clock_timestamp())
                            AND (SELECT true FROM rag_metadata AS m WHERE m.cabinet_id = a.cabinet_id AND m.expires_at <= $5 LIMIT 1) THEN 6
                       WHEN a.catches_up AND (s.last_catch_up_at IS NULL OR s.last_catch_up_at <= clock_timestamp() - make_interval(mins => $6)) THEN 7
                       WHEN a.in_slot AND s.full_renderer_version < $7 THEN 8
                       WHEN s.full_completed_at <= clock_timestamp() - interval '8 days' THEN 9
                       WHEN {Generation.NextKey} = ANY ($9)
                            AND (EXISTS (SELECT FROM rag_metadata AS m
                                         WHERE m.cabinet_id = a.cabinet_id AND m.next_hash IS DISTINCT FROM m.chunk_hash AND m.chunk_hash IS NOT NULL
                                           AND (m.next_retry_at IS NULL OR m.next_retry_at <= clock_timestamp())) AND {MayEmbed}
                                 OR NOT s.on_next AND NOT EXISTS (SELECT FROM rag_metadata AS m
                                                                  WHERE m.cabinet_id = a.cabinet_id AND m.next_hash IS DISTINCT FROM m.chunk_hash)) THEN 10
                   END AS reason
            FROM unnest($1, $2, $3, $4) AS a (cabinet_id, has_changes, catches_up, in_slot)
            LEFT JOIN rag_index_status AS s ON s.cabinet_id = a.cabinet_id
            WHERE (s.not_before IS NULL OR s.not_before <= clock_timestamp())
              AND (s.lease_owner IS NULL OR s.lease_expires_at <= clock_timestamp())) AS judged
        WHERE judged.reason IS NOT NULL) AS chosen
        WHERE chosen.reason <> 10 OR chosen.place <= 16
        """;

    private const string ShownCabinets = "SELECT cabinet_id FROM rag_index_status WHERE is_active";

    /// <summary>Looks at both databases; changes nothing.</summary>
    public async Task<SweepFindings> FindAsync(CancellationToken cancellationToken)
    {
        var cabinets = await ReadCabinetsAsync(cancellationToken);
        var active = cabinets.Where(cabinet => cabinet is { IsActive: true, IsFirstSync: false }).ToList();
        var inactive = cabinets.Where(cabinet => !cabinet.IsActive).ToDictionary(cabinet => cabinet.Id);
        var known = cabinets.Select(cabinet => cabinet.Id).ToHashSet();

        await using var connection = await rag.Source.OpenConnectionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(DueCommand(active));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(ShownCabinets));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        List<DueCabinet> due = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            var reason = (SweepReason)reader.GetInt32(1);
            due.Add(new DueCabinet(reader.GetInt64(0), reason, ModeOf(reason, reader.GetStringOrNull(2))));
        }

        await reader.NextResultAsync(cancellationToken);
        List<long> shown = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            shown.Add(reader.GetInt64(0));
        }

        // A hidden cabinet's rows go on changing, and captured changes go on being queued.
        var deactivated = shown.Where(inactive.ContainsKey).Union(inactive.Values.Where(cabinet => cabinet.HasChanges).Select(cabinet => cabinet.Id));
        return new SweepFindings(due, [.. deactivated], [.. shown.Where(id => !known.Contains(id))], shown.Count);
    }

    private static RunMode ModeOf(SweepReason reason, string? requested) => reason switch
    {
        SweepReason.NeverIndexed or SweepReason.Reactivated or SweepReason.Renderer or SweepReason.Overdue => RunMode.Full,
        SweepReason.CatchUp => RunMode.CatchUp,
        SweepReason.Requested => RunModeNames.Parse(requested!),
        _ => RunMode.Incremental,
    };

    private NpgsqlBatchCommand DueCommand(List<CabinetRow> active)
    {
        var now = time.GetUtcNow();
        return new NpgsqlBatchCommand(DueCabinets)
        {
            Parameters =
            {
                Parameter.Of<long[]>([.. active.Select(cabinet => cabinet.Id)]),
                Parameter.Of<bool[]>([.. active.Select(cabinet => cabinet.HasChanges)]),
                Parameter.Of<bool[]>([.. active.Select(cabinet => cabinet.CatchesUp)]),
                Parameter.Of<bool[]>([.. active.Select(cabinet => RendererRollout.IsDue(cabinet.Id, now, options.Value))]),
                Parameter.Of<DateTimeOffset>(now),
                Parameter.Of<int>(options.Value.CatchUpMinutes),
                Parameter.Of<int>(ChunkRenderer.Version),
                Parameter.Of(budgets.Value.DailyUsd),
                Parameter.Of(embedders.Keys),
            },
        };
    }

    private async Task<List<CabinetRow>> ReadCabinetsAsync(CancellationToken cancellationToken)
    {
        await using var connection = await main.Source.OpenConnectionAsync(cancellationToken);
        var cursors = await FirstSync.HasCursorsAsync(connection, cancellationToken);
        await using var command = new NpgsqlCommand(cursors ? CabinetsWithCursors : CabinetsWithoutCursors, connection)
        {
            Parameters = { Parameter.Of(time.GetUtcNow()) },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<CabinetRow> cabinets = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            cabinets.Add(new CabinetRow(reader.GetInt64(0), reader.GetBoolean(1), reader.GetBoolean(2), reader.GetBoolean(3), reader.GetBoolean(4)));
        }

        return cabinets;
    }

    private sealed record CabinetRow(long Id, bool IsActive, bool HasChanges, bool CatchesUp, bool IsFirstSync);
}

/// <summary>What the sweep found.</summary>
/// <param name="Due">Cabinets to start.</param>
/// <param name="Deactivated">Cabinets that the main database calls inactive, and that the index does not yet or that have queued changes.</param>
/// <param name="Gone">Indexed cabinets that the main database does not know; hidden like inactive ones, purged by the weekly rebuild.</param>
/// <param name="Indexed">How many active cabinets the index has, for the guard on <paramref name="Gone"/>.</param>
public sealed record SweepFindings(
    IReadOnlyList<DueCabinet> Due, IReadOnlyList<long> Deactivated, IReadOnlyList<long> Gone, long Indexed);

/// <summary>A cabinet to start.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Mode">What the run will be, at least.</param>
public sealed record DueCabinet(long CabinetId, SweepReason Reason, RunMode Mode);

/// <summary>Why the sweep starts a cabinet. In the order in which they are tried; the first one that holds is named.</summary>
public enum SweepReason
{
    /// <summary>No full run has completed.</summary>
    NeverIndexed = 1,

    /// <summary>The cabinet was inactive and is active again.</summary>
    Reactivated = 2,

    /// <summary>A stored request that no run has served.</summary>
    Requested = 3,

    /// <summary>Queued changes, new ones or failed ones whose next attempt is due.</summary>
    Changes = 4,

    /// <summary>Chunks without a vector of their text, new ones or failed ones whose next attempt is due.</summary>
    Pending = 5,

    /// <summary>Chunks whose 90 days are over.</summary>
    Expired = 6,

    /// <summary>Nobody announces the cabinet's changes, and it is time to look.</summary>
    CatchUp = 7,

    /// <summary>Its texts were made by another version of the renderer.</summary>
    Renderer = 8,

    /// <summary>Its last full run is older than eight days: the weekly rebuild has passed it by.</summary>
    Overdue = 9,

    /// <summary>Chunks without a vector of the generation that is being built, or a cabinet that may move to it.</summary>
    NextGeneration = 10,
}
