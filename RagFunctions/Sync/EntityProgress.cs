using RagFunctions.Core.Marketplace.Sync;

namespace RagFunctions.Sync;

/// <summary>One entity of a sync under way.</summary>
/// <param name="Entity">Which.</param>
/// <param name="IsOpen">There is more to do in this sync.</param>
/// <param name="NextTry">When it goes on, if it waits.</param>
public sealed record EntityProgress(SyncEntity Entity, bool IsOpen = true, DateTimeOffset? NextTry = null)
{
    // A problem's text comes from the marketplace; history and status keep only the beginning.
    private const int MostReason = 300;

    /// <summary>The last status, the rows of all steps together; a status comes with the first step.</summary>
    public EntitySyncResult Sum { get; init; } = new(Entity, EntitySyncStatus.NotDue);

    /// <summary>This and a further step.</summary>
    public EntityProgress With(EntitySyncResult step) => this with
    {
        Sum = step with
        {
            RowsRead = Sum.RowsRead + step.RowsRead,
            RowsInserted = Sum.RowsInserted + step.RowsInserted,
            RowsUpdated = Sum.RowsUpdated + step.RowsUpdated,
            Reason = step.Reason is { Length: > MostReason } reason ? reason[..MostReason] : step.Reason,
        },
    };
}
