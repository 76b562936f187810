using Microsoft.Extensions.Options;
using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Store;

namespace RagFunctions.Core.Telemetry;

/// <summary>
/// Records how far the index of each active cabinet is behind. One round trip to each database, and one more where a cabinet is behind by
/// minutes; the sweep calls it once a minute.
/// </summary>
public sealed class IndexGauges(MainDatabase main, RagDatabase rag, IOptions<BudgetsOptions> budgets)
{
    // An age is measured by the clock of the database that holds the row.
    private const string Queues = """
        SELECT c.id::bigint, count(q.cabinet_id),
               COALESCE(extract(epoch FROM clock_timestamp() - min(q.first_changed_at)), 0)::float8
        FROM wb_cabinets AS c
        LEFT JOIN rag_changes AS q ON q.cabinet_id = c.id
        WHERE c.is_active
        GROUP BY c.id
        """;

    internal const string Indexes = $"""
        SELECT a.cabinet_id, p.pending, p.failed, p.age,
               COALESCE(extract(epoch FROM clock_timestamp() - COALESCE(s.full_completed_at, s.created_at)), 0)::float8
        FROM unnest($1) AS a (cabinet_id)
        LEFT JOIN rag_index_status AS s ON s.cabinet_id = a.cabinet_id
        {PendingCounts.OfCabinet}
        """;

    // The budget of all counts for each cabinet that has spent something, or has a budget of its own.
    private const string Spending = $"""
        WITH spent AS (
            SELECT cabinet_id, sum(usd) AS usd FROM ({EmbeddingPayments.SpentToday}) AS today GROUP BY cabinet_id
        )
        SELECT cabinet_id, COALESCE(o.usd, 0)::float8,
               GREATEST(CASE WHEN b.daily_usd > 0 THEN COALESCE(o.usd, 0) / b.daily_usd WHEN b.daily_usd = 0 THEN 1 END,
                        CASE WHEN $1 > 0 THEN (SELECT sum(usd) FROM spent) / $1 WHEN $1 = 0 THEN 1 END)::float8
        FROM spent AS o FULL JOIN rag_budgets AS b USING (cabinet_id)
        """;

    // What is kept of it for the last days. Less than a minute is how long a change waits for the sweep anyway.
    private const string KeepWorstLag = """
        INSERT INTO rag_run_hours AS h (cabinet_id, hour, lag_seconds)
        SELECT cabinet_id, date_trunc('hour', clock_timestamp(), 'UTC'), lag FROM unnest($1, $2) AS behind (cabinet_id, lag)
        ON CONFLICT (cabinet_id, hour) DO UPDATE SET lag_seconds = excluded.lag_seconds WHERE h.lag_seconds < excluded.lag_seconds
        """;

    private const double LagWorthKeeping = 60;

    /// <summary>Reads and records them.</summary>
    public async Task RecordAsync(CancellationToken cancellationToken)
    {
        var queues = await ReadQueuesAsync(cancellationToken);
        RagTelemetry.Cabinets.Record(queues.Count);
        await KeepAsync(await RecordAsync(queues, cancellationToken), cancellationToken);
    }

    /// <returns>Those that are behind by minutes, and by how many seconds.</returns>
    private async Task<Dictionary<long, double>> RecordAsync(Dictionary<long, (long Queued, double Age)> queues, CancellationToken cancellationToken)
    {
        Dictionary<long, double> behind = [];
        await using var batch = rag.Source.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(PendingCounts.ReadPendingOnly));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Indexes) { Parameters = { Parameter.Of<long[]>([.. queues.Keys]) } });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Spending) { Parameters = { Parameter.Of(budgets.Value.DailyUsd) } });
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        await row.NextResultAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            var id = row.GetInt64(0);
            var (queued, queueAge) = queues[id];
            var cabinet = RagTelemetry.Cabinet(id);
            RagTelemetry.Queued.Record(queued, cabinet);
            RagTelemetry.Pending.Record(row.GetInt64(1), cabinet);
            RagTelemetry.Failed.Record(row.GetInt64(2), cabinet);
            var lag = Math.Max(queueAge, row.GetDouble(3));
            RagTelemetry.Lag.Record(lag, cabinet);
            if (lag >= LagWorthKeeping)
            {
                behind.Add(id, lag);
            }

            RagTelemetry.RebuildAge.Record(row.GetDouble(4), cabinet);
        }

        await row.NextResultAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            var cabinet = RagTelemetry.Cabinet(row.GetInt64(0));
            RagTelemetry.Spent.Record(row.GetDouble(1), cabinet);
            if (!row.IsDBNull(2))
            {
                RagTelemetry.BudgetUsed.Record(row.GetDouble(2), cabinet);
            }
        }

        return behind;
    }

    private async Task KeepAsync(Dictionary<long, double> behind, CancellationToken cancellationToken)
    {
        if (behind.Count > 0)
        {
            await using var command = rag.Source.CreateCommand(KeepWorstLag);
            command.Parameters.Add(Parameter.Of<long[]>([.. behind.Keys]));
            command.Parameters.Add(Parameter.Of<double[]>([.. behind.Values]));
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private async Task<Dictionary<long, (long Queued, double Age)>> ReadQueuesAsync(CancellationToken cancellationToken)
    {
        await using var command = main.Source.CreateCommand(Queues);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        Dictionary<long, (long Queued, double Age)> queues = [];
        while (await row.ReadAsync(cancellationToken))
        {
            queues.Add(row.GetInt64(0), (row.GetInt64(1), row.GetDouble(2)));
        }

        return queues;
    }
}
