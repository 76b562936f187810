using RagFunctions.Core.Marketplace.Sync;

namespace RagFunctions.Sync;

/// <summary>What came of one entity, for whoever reads the orchestration's output.</summary>
/// <param name="Entity">Its name.</param>
/// <param name="Status">One of <see cref="EntitySyncStatus"/>, in snake case.</param>
/// <param name="Read">Rows the marketplace sent.</param>
/// <param name="New">Rows new to the tables.</param>
/// <param name="Changed">Rows whose stored content changed.</param>
/// <param name="WaitUntil">With <c>waiting</c>: when the marketplace lets it go on; the timer does.</param>
/// <param name="Reason">Why, where there is something to say.</param>
public sealed record SyncedEntity(
    string Entity, string Status, long Read, long New, long Changed, DateTimeOffset? WaitUntil = null, string? Reason = null)
{
    internal static SyncedEntity Of(EntitySyncResult sum) => new(
        sum.Entity.Name(), sum.Status.Name(), sum.RowsRead, sum.RowsInserted, sum.RowsUpdated,
        sum.WaitUntil, sum.Reason);
}
