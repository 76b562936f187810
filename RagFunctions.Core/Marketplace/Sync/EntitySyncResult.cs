namespace RagFunctions.Core.Marketplace.Sync;

/// <summary>What came of one entity. Small and flat: it travels through an orchestration's history.</summary>
/// <param name="Entity">Which.</param>
/// <param name="Status">How it ended.</param>
/// <param name="RowsRead">Rows the marketplace sent.</param>
/// <param name="RowsInserted">Rows new to the tables.</param>
/// <param name="RowsUpdated">Rows whose stored content changed, zeroed and deactivated ones included.</param>
/// <param name="WaitUntil">When to go on, if waiting.</param>
/// <param name="Reason">For operators, without secrets.</param>
public sealed record EntitySyncResult(
    SyncEntity Entity,
    EntitySyncStatus Status,
    long RowsRead = 0,
    long RowsInserted = 0,
    long RowsUpdated = 0,
    DateTimeOffset? WaitUntil = null,
    string? Reason = null)
{
    /// <summary>Whether changes were committed and queued, whatever the status: an index run is worth starting.</summary>
    public bool HasChanges => RowsInserted + RowsUpdated > 0;
}
