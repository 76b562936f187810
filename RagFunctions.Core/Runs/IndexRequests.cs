using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Runs;

/// <summary>
/// What callers ask of a cabinet, stored before anything is started: the strongest mode asked for, with a version that moves.
/// A run serves the version it saw when it began; one that moved meanwhile stays.
/// </summary>
public sealed class IndexRequests(RagDatabase rag)
{
    // A caller who asks now wants it now: a pause of the sweep is over.
    private const string Store = """
        INSERT INTO rag_index_status AS s
            (cabinet_id, indexing_status, requested_mode, request_version, requested_at, allow_mass_delete)
        VALUES ($1, 'pending', $2, 1, clock_timestamp(), $3)
        ON CONFLICT (cabinet_id) DO UPDATE
        SET requested_mode = CASE WHEN 'full_rebuild' IN (s.requested_mode, EXCLUDED.requested_mode) THEN 'full_rebuild'
                                  WHEN 'catch_up' IN (s.requested_mode, EXCLUDED.requested_mode) THEN 'catch_up'
                                  ELSE 'incremental' END,
            request_version = s.request_version + 1,
            requested_at = COALESCE(s.requested_at, EXCLUDED.requested_at),
            allow_mass_delete = s.allow_mass_delete OR EXCLUDED.allow_mass_delete,
            not_before = NULL
        """;

    /// <summary>Stores a request; together with one that waits already the stronger mode is kept.</summary>
    /// <param name="mode">At least this mode.</param>
    /// <param name="allowMassDelete">Switches the guard against mass deletion off for the run that serves it.</param>
    public async Task StoreAsync(long cabinetId, RunMode mode, bool allowMassDelete, CancellationToken cancellationToken)
    {
        await using var command = rag.Source.CreateCommand(Store);
        command.Parameters.Add(Parameter.Of<long>(cabinetId));
        command.Parameters.Add(Parameter.Of<string>(mode.WireName()));
        command.Parameters.Add(Parameter.Of<bool>(allowMassDelete));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
