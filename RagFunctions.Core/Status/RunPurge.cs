using Microsoft.Extensions.Options;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Runs;

namespace RagFunctions.Core.Status;

/// <summary>Deletes run rows that are too old to tell anything.</summary>
public sealed class RunPurge(RagDatabase rag, IOptions<RunsOptions> options)
{
    // A transaction's worth.
    private const int RowsAtOnce = 20_000;

    private const string Delete = """
        DELETE FROM rag_index_runs
        WHERE run_id = ANY (ARRAY(
            SELECT old.run_id FROM rag_index_runs AS old
            WHERE old.started_at < clock_timestamp() - make_interval(days => $1)
              AND EXISTS (SELECT FROM rag_index_runs AS newer WHERE newer.cabinet_id = old.cabinet_id AND newer.started_at > old.started_at)
            LIMIT $2))
        """;

    // The bills of a year are worth more than its runs, and few: a row for each cabinet and day. A request without an answer counts on its day only.
    private const string DeleteOpenRequests = "DELETE FROM rag_open_requests WHERE sent_at < clock_timestamp() - make_interval(days => $1)";

    // A day more than the longest history that is shown.
    private const string DeleteHours = "DELETE FROM rag_run_hours WHERE hour < clock_timestamp() - interval '15 days'";

    /// <summary>Deletes those older than <see cref="RunsOptions.KeepDays"/>; the last run of each cabinet stays.</summary>
    /// <returns>How many were deleted.</returns>
    public async Task<long> PurgeAsync(CancellationToken cancellationToken)
    {
        await using (var requests = rag.Source.CreateCommand(DeleteOpenRequests))
        {
            requests.Parameters.Add(Parameter.Of<int>(options.Value.KeepDays));
            await requests.ExecuteNonQueryAsync(cancellationToken);
        }

        await using (var hours = rag.Source.CreateCommand(DeleteHours))
        {
            await hours.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var command = rag.Source.CreateCommand(Delete);
        command.Parameters.Add(Parameter.Of<int>(options.Value.KeepDays));
        return await BatchedDelete.RunAsync(command, RowsAtOnce, progress: null, cancellationToken);
    }
}
