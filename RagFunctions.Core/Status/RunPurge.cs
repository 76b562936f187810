using Microsoft.Extensions.Options;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Runs;

namespace RagFunctions.Core.Status;

/// <summary>Deletes run rows that are too old to tell anything.</summary>
public sealed class RunPurge(RagDatabase rag, IOptions<RunsOptions> options)
{
    private const string Delete = """
        DELETE FROM rag_index_runs AS old
        WHERE old.started_at < clock_timestamp() - make_interval(days => $1)
          AND EXISTS (SELECT FROM rag_index_runs AS newer WHERE newer.cabinet_id = old.cabinet_id AND newer.started_at > old.started_at)
        """;

    // The bills of a year are worth more than its runs, and few: a row for each cabinet and day. A request without an answer counts on its day only.
    private const string DeleteOpenRequests = "DELETE FROM rag_open_requests WHERE sent_at < clock_timestamp() - make_interval(days => $1)";

    /// <summary>Deletes those older than <see cref="RunsOptions.KeepDays"/>; the last run of each cabinet stays.</summary>
    /// <returns>How many were deleted.</returns>
    public async Task<int> PurgeAsync(CancellationToken cancellationToken)
    {
        await using var batch = rag.Source.CreateBatch();
        batch.BatchCommands.Add(new(DeleteOpenRequests) { Parameters = { Parameter.Of<int>(options.Value.KeepDays) } });
        batch.BatchCommands.Add(new(Delete) { Parameters = { Parameter.Of<int>(options.Value.KeepDays) } });
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return batch.BatchCommands[1].RecordsAffected;
    }
}
