using System.Text.Json;

namespace RagFunctions.Core.Marketplace.Sync;

/// <summary>What came of one entity. Small and flat: it travels through an orchestration's history.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="RowsRead">Rows the marketplace sent.</param>
/// <param name="RowsInserted">Rows new to the tables.</param>
/// <param name="RowsUpdated">Rows whose stored content changed, zeroed and deactivated ones included.</param>
/// <param name="WaitUntil">When to go on, if waiting.</param>
/// <param name="Reason">For operators, without secrets; with <see cref="EntitySyncStatus.Ok"/> what a secondary call failed with.</param>
/// <param name="RowsRejected">Rows that could not be read or stored and are kept in <c>wb_sync_rejects</c>.</param>
public sealed record EntitySyncResult(
    SyncEntity Entity,
    EntitySyncStatus Status,
    long RowsRead = 0,
    long RowsInserted = 0,
    long RowsUpdated = 0,
    DateTimeOffset? WaitUntil = null,
    string? Reason = null,
    long RowsRejected = 0)
{
    /// <summary>Whether changes were committed and queued, whatever the status: an index run is worth starting.</summary>
    public bool HasChanges => RowsInserted + RowsUpdated > 0;
}

/// <summary>How the sync of an entity ended.</summary>
public enum EntitySyncStatus
{
    /// <summary>Everything the marketplace has is stored, but for rows kept aside and what <see cref="EntitySyncResult.Reason"/> names.</summary>
    Ok,

    /// <summary>A limit stands in the way until <see cref="EntitySyncResult.WaitUntil"/>; it goes on from where it stopped.</summary>
    Waiting,

    /// <summary>The marketplace does not accept the cabinet's token. Nothing was deleted.</summary>
    Rejected,

    /// <summary>The token lacks a category, or its kind is refused. Other entities are not concerned.</summary>
    Forbidden,

    /// <summary>It failed; what was committed stays, the cursor did not pass what was not.</summary>
    Failed,

    /// <summary>Its time has not come.</summary>
    NotDue,

    /// <summary>Another worker is at it.</summary>
    Busy,

    /// <summary>The cabinet is unknown or inactive.</summary>
    Inactive,
}

/// <summary>The names of an <see cref="EntitySyncStatus"/> in answers and telemetry.</summary>
public static class EntitySyncStatusNames
{
    /// <summary><c>ok</c>, <c>waiting</c>, …, <c>not_due</c>.</summary>
    public static string Name(this EntitySyncStatus status) => JsonNamingPolicy.SnakeCaseLower.ConvertName(status.ToString());
}
