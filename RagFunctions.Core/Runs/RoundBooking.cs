using System.Text.Json;
using Microsoft.Extensions.Options;
using Npgsql;
using RagFunctions.Core.Chunks;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Embeddings.Providers;
using RagFunctions.Core.Store;

namespace RagFunctions.Core.Runs;

/// <summary>Writes the end of a round into the run's row and the cabinet's status.</summary>
public sealed class RoundBooking(IOptions<EmbeddingsOptions> embeddings)
{
    private const int LongestError = 2_000;

    private const string AddTotals = """
        UPDATE rag_index_runs
        SET rounds = $2, rows_read = rows_read + $3, chunks_new = chunks_new + $4, chunks_updated = chunks_updated + $5,
            chunks_unchanged = chunks_unchanged + $6, chunks_deleted = chunks_deleted + $7, failed_rows = failed_rows + $8,
            failed_chunks = failed_chunks + $9, embedding_requests = embedding_requests + $10, embedding_inputs = embedding_inputs + $11,
            embedding_tokens = embedding_tokens + $12, reused_vectors = reused_vectors + $13, failed_batches = failed_batches + $14,
            cost_usd = cost_usd + $15, read_ms = read_ms + $16, render_ms = render_ms + $17, embed_ms = embed_ms + $18,
            save_ms = save_ms + $19, last_error = COALESCE(last_error, $20),
            blocked = CASE WHEN $21::jsonb IS NULL THEN blocked ELSE COALESCE(blocked, '[]') || $21::jsonb END
        WHERE run_id = $1
        """;

    private const string EndRun = """
        UPDATE rag_index_runs
        SET outcome = $2, finished_at = clock_timestamp(), total_chunks = COALESCE($3, total_chunks), pending_chunks = COALESCE($4, pending_chunks),
            naive_inputs = COALESCE($3, 0), naive_tokens = COALESCE($5, 0), naive_cost_usd = COALESCE($5, 0) * $6 / 1000000,
            verify_missing = $7, verify_stale = $8, verify_surplus = $9, verify_pending = $10
        WHERE run_id = $1
        """;

    // A round that applied everything has done what was asked: its request is served, its watermark moves, a full scan counts,
    // also when the provider makes the embedding wait (the chunks are pending, nobody has to scan again).
    // A request that moved since the round read it is another one and stays.
    private const string TickOff = """
        UPDATE rag_index_status AS s
        SET full_completed_at = CASE WHEN $3 = 'full_rebuild' THEN clock_timestamp() ELSE s.full_completed_at END,
            full_renderer_version = CASE WHEN $3 = 'full_rebuild' THEN $4 ELSE s.full_renderer_version END,
            catch_up_from = CASE WHEN $3 = 'incremental' THEN s.catch_up_from ELSE r.catch_up_started_at END,
            last_catch_up_at = CASE WHEN $3 = 'incremental' THEN s.last_catch_up_at ELSE clock_timestamp() END,
            requested_mode = CASE WHEN served.it THEN NULL ELSE s.requested_mode END,
            requested_at = CASE WHEN served.it THEN NULL ELSE s.requested_at END,
            allow_mass_delete = s.allow_mass_delete AND NOT served.it
        FROM rag_index_runs AS r
        CROSS JOIN LATERAL (
            SELECT r.request_version = t.request_version
               AND array_position(ARRAY['incremental', 'catch_up', 'full_rebuild'], $3)
                   >= array_position(ARRAY['incremental', 'catch_up', 'full_rebuild'], COALESCE(t.requested_mode, 'incremental')) AS it
            FROM rag_index_status AS t WHERE t.cabinet_id = $1) AS served
        WHERE s.cabinet_id = $1 AND r.run_id = $2
        """;

    private const string Release = """
        UPDATE rag_index_status
        SET lease_owner = NULL, lease_expires_at = NULL, lease_heartbeat_at = NULL, not_before = $3, last_outcome = $2, last_error = $4,
            embedding_not_before = $8, embedding_error = $9,
            indexing_status = CASE WHEN $2 = 'failed' THEN 'failed' WHEN $2 IN ('waiting', 'waiting: budget') THEN 'pending' ELSE 'completed' END,
            total_chunks = COALESCE($5, total_chunks), store_failures = CASE WHEN $6 THEN store_failures + 1 WHEN $7 THEN 0 ELSE store_failures END,
            last_incremental_at = CASE WHEN $2 IN ('failed', 'waiting', 'waiting: budget') THEN last_incremental_at ELSE clock_timestamp() END,
            last_indexed_at = CASE WHEN $2 NOT IN ('failed', 'waiting', 'waiting: budget') AND (last_indexed_at IS NULL OR full_completed_at > last_indexed_at)
                                   THEN full_completed_at ELSE last_indexed_at END,
            updated_at = clock_timestamp()
        WHERE cabinet_id = $1
        """;

    /// <summary>Writes all of it in the caller's transaction, one round trip.</summary>
    internal async Task WriteAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, FinishRoundInput input, FinishRoundResult end, RunFigures? figures,
        CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection, transaction);
        batch.BatchCommands.Add(TotalsCommand(input));
        if (end.Outcome != RunOutcome.Superseded && !input.ApplyFailed)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(TickOff)
            {
                Parameters =
                {
                    Parameter.Of<long>(input.CabinetId),
                    Parameter.Of<Guid>(input.RunId),
                    Parameter.Of<string>(input.Mode.WireName()),
                    Parameter.Of<int>(ChunkRenderer.Version),
                },
            });
        }

        if (!end.Again)
        {
            batch.BatchCommands.Add(EndCommand(input, end, figures));
            if (end.Outcome != RunOutcome.Superseded)
            {
                batch.BatchCommands.Add(ReleaseCommand(input, end, figures));
            }
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private static NpgsqlBatchCommand TotalsCommand(FinishRoundInput input)
    {
        var t = input.Totals;
        var command = new NpgsqlBatchCommand(AddTotals)
        {
            Parameters =
            {
                Parameter.Of<Guid>(input.RunId),
                Parameter.Of<int>(input.Round),
            },
        };
        foreach (var sum in (long[])[t.RowsRead, t.New, t.Updated, t.Unchanged, t.Deleted, t.FailedRows, t.FailedChunks, t.Requests, t.Inputs, t.Tokens, t.Reused, t.FailedBatches])
        {
            command.Parameters.Add(Parameter.Of<long>(sum));
        }

        command.Parameters.Add(Parameter.Of(t.Usd));
        foreach (var sum in (long[])[t.ReadMs, t.RenderMs, t.EmbedMs, t.SaveMs])
        {
            command.Parameters.Add(Parameter.Of<long>(sum));
        }

        command.Parameters.Add(Parameter.Of(Error(input)));
        command.Parameters.Add(Parameter.Json(t.Blocked.Count == 0 ? null : BlockedJson(t.Blocked)));
        return command;
    }

    private NpgsqlBatchCommand EndCommand(FinishRoundInput input, FinishRoundResult end, RunFigures? figures) => new(EndRun)
    {
        Parameters =
        {
            Parameter.Of<Guid>(input.RunId),
            Parameter.Of<string>(end.Outcome),
            Parameter.Of(figures?.TotalChunks),
            Parameter.Of(figures?.PendingChunks),
            Parameter.Of(figures?.NaiveTokens),
            Price(),
            Parameter.Of(figures?.Verified?.Missing),
            Parameter.Of(figures?.Verified?.Stale),
            Parameter.Of(figures?.Verified?.Surplus),
            Parameter.Of(figures?.Verified?.Pending),
        },
    };

    private static NpgsqlBatchCommand ReleaseCommand(FinishRoundInput input, FinishRoundResult end, RunFigures? figures) => new(Release)
    {
        Parameters =
        {
            Parameter.Of<long>(input.CabinetId),
            Parameter.Of<string>(end.Outcome),
            Parameter.Of(end.NotBefore?.ToUniversalTime()),
            Parameter.Of(end.Outcome == RunOutcome.Completed ? null : Error(input)),
            Parameter.Of(figures?.TotalChunks),
            Parameter.Of(input.StoreFailed),
            Parameter.Of(input.Totals.Embedded > 0),
            Parameter.Of(end.EmbeddingNotBefore?.ToUniversalTime()),
            Parameter.Of(end.EmbeddingNotBefore is null ? null : input.StopError),
        },
    };

    private static string BlockedJson(IReadOnlyList<BlockedEntity> blocked) => JsonSerializer.Serialize(
        blocked.Select(b => new { entity = b.Entity.WireName(), indexed_rows = b.IndexedRows, eligible_rows = b.EligibleRows }));

    private static string? Error(FinishRoundInput input) =>
        (input.StopError ?? input.Budget ?? Blocked(input.Totals.Blocked) ?? input.Totals.Error) is { } error
            ? error[..Math.Min(error.Length, LongestError)]
            : null;

    private static string? Blocked(IReadOnlyList<BlockedEntity> blocked) => blocked.Count == 0
        ? null
        : "mass deletion held back: " + string.Join(
            ", ", blocked.Select(b => $"{b.Entity.WireName()} (index {b.IndexedRows} rows, source still offers {b.EligibleRows})"));

    private NpgsqlParameter<decimal> Price() => Parameter.Of(embeddings.Value.PricePerMillionTokens);

}
