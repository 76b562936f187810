using Microsoft.Extensions.Options;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Runs;

/// <summary>Books a run that may not even begin, so that status and runs show why; the sweep then leaves the cabinet alone for a while.</summary>
public sealed class RefusalBooking(RagDatabase rag, IOptions<RunsOptions> options)
{
    private const string EnsureRow =
        "INSERT INTO rag_index_status (cabinet_id, indexing_status) VALUES ($1, 'pending') ON CONFLICT (cabinet_id) DO NOTHING";

    // Not while somebody runs the cabinet: that run is right, and only this process is configured wrongly.
    private const string Book = """
        WITH shown AS (
            UPDATE rag_index_status
            SET indexing_status = 'failed', last_outcome = 'failed', last_error = $4, last_run_id = $2,
                lease_owner = NULL, lease_expires_at = NULL, lease_heartbeat_at = NULL,
                not_before = clock_timestamp() + $5, updated_at = clock_timestamp()
            WHERE cabinet_id = $1
              AND (lease_owner IS NULL OR lease_expires_at <= clock_timestamp() OR lease_run_id = $2)
            RETURNING COALESCE(requested_mode, 'incremental') AS mode, total_chunks, not_before
        ), booked AS (
            INSERT INTO rag_index_runs (run_id, cabinet_id, mode, owner, outcome, finished_at, as_of, total_chunks, last_error)
            SELECT $2, $1, mode, $3, 'failed', clock_timestamp(), clock_timestamp(), total_chunks, $4 FROM shown
            ON CONFLICT (run_id) DO UPDATE
            SET outcome = EXCLUDED.outcome, finished_at = EXCLUDED.finished_at, last_error = EXCLUDED.last_error
        )
        SELECT not_before FROM shown
        """;

    /// <summary>Books it; repeating it changes nothing but times.</summary>
    /// <param name="input">Cabinet, run and owner.</param>
    /// <param name="error">Why, for the operator; without secrets.</param>
    /// <returns>When the sweep tries again; null when another run has the cabinet, and nothing was booked.</returns>
    public Task<DateTimeOffset?> BookAsync(BeginRoundInput input, string error, CancellationToken cancellationToken) =>
        BookAsync(input, error, TimeSpan.FromMinutes(options.Value.PauseAfterFailureMinutes), cancellationToken);

    /// <summary>The same with another pause: where another worker may do what this one may not, it is short.</summary>
    public async Task<DateTimeOffset?> BookAsync(BeginRoundInput input, string error, TimeSpan pause, CancellationToken cancellationToken)
    {
        await using var batch = rag.Source.CreateBatch();
        batch.BatchCommands.Add(new(EnsureRow) { Parameters = { Parameter.Of<long>(input.CabinetId) } });
        batch.BatchCommands.Add(new(Book)
        {
            Parameters =
            {
                Parameter.Of<long>(input.CabinetId),
                Parameter.Of<Guid>(input.RunId),
                Parameter.Of<string>(input.Owner),
                Parameter.Of<string>(error),
                Parameter.Of<TimeSpan>(pause),
            },
        });
        return await batch.ExecuteScalarAsync(cancellationToken) is DateTime notBefore ? new DateTimeOffset(notBefore) : null;
    }
}
