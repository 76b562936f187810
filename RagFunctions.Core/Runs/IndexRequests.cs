using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Runs;

/// <summary>
/// What callers ask of a cabinet, stored before anything is started: the strongest mode asked for, with a version that moves.
/// A run serves the version it saw when it began; one that moved meanwhile stays.
/// </summary>
public sealed class IndexRequests(RagDatabase rag)
{
    // A caller who asks now wants it now: pauses are over. What the system asks of itself ($4 false) leaves the pause of the embedding.
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
            not_before = NULL,
            embedding_not_before = CASE WHEN $4 THEN NULL ELSE s.embedding_not_before END,
            embedding_error = CASE WHEN $4 THEN NULL ELSE s.embedding_error END
        """;

    /// <summary>Stores a caller's request; together with one that waits already the stronger mode is kept.</summary>
    /// <param name="mode">At least this mode.</param>
    /// <param name="allowMassDelete">Switches the guard against mass deletion off for the run that serves it.</param>
    public Task StoreAsync(long cabinetId, RunMode mode, bool allowMassDelete, CancellationToken cancellationToken) =>
        StoreAsync(cabinetId, mode, allowMassDelete, byCaller: true, cancellationToken);

    /// <summary>Stores what a timer or a sync asks for: it ends no pause of the embedding.</summary>
    /// <param name="mode">At least this mode.</param>
    public Task StoreOwnAsync(long cabinetId, RunMode mode, CancellationToken cancellationToken) =>
        StoreAsync(cabinetId, mode, allowMassDelete: false, byCaller: false, cancellationToken);

    private async Task StoreAsync(long cabinetId, RunMode mode, bool allowMassDelete, bool byCaller, CancellationToken cancellationToken)
    {
        await using var command = rag.Source.CreateCommand(Store);
        command.Parameters.Add(Parameter.Of<long>(cabinetId));
        command.Parameters.Add(Parameter.Of<string>(mode.WireName()));
        command.Parameters.Add(Parameter.Of<bool>(allowMassDelete));
        command.Parameters.Add(Parameter.Of<bool>(byCaller));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
