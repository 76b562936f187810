using RagFunctions.Core.Changes;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Runs;

/// <summary>What a cabinet's deactivation means here: no runs, its queue dropped, its chunks kept and hidden from search.</summary>
public sealed class CabinetActivity(RagDatabase rag, ChangeQueue queue)
{
    // When it is reactivated, the difference between the two databases demands a full run: the request is not needed.
    private const string Deactivate = """
        UPDATE rag_index_status
        SET is_active = false, requested_mode = NULL, allow_mass_delete = false, not_before = NULL,
            embedding_not_before = NULL, embedding_error = NULL, updated_at = clock_timestamp()
        WHERE cabinet_id = $1 AND (is_active OR requested_mode IS NOT NULL)
        """;

    /// <summary>Hides the cabinet and forgets what was queued for it. Repeating it changes nothing.</summary>
    public async Task DeactivateAsync(long cabinetId, CancellationToken cancellationToken)
    {
        await using var command = rag.Source.CreateCommand(Deactivate);
        command.Parameters.Add(Parameter.Of<long>(cabinetId));
        await command.ExecuteNonQueryAsync(cancellationToken);
        await queue.DropCabinetAsync(cabinetId, cancellationToken);
    }
}
