using RagFunctions.Core.Marketplace.Sync;

namespace RagFunctions.Core.Marketplace.Cursors;

/// <summary>The right to synchronise an entity, and what the last holder left.</summary>
/// <param name="CabinetId">The cabinet.</param>
/// <param name="Entity">The entity.</param>
/// <param name="Token">Rises with every holder; every write is fenced by it.</param>
/// <param name="State">The cursor, JSON of the entity's own shape.</param>
/// <param name="DueAt">The entity's next time; null = at once.</param>
/// <param name="NotBefore">The end of a wait; null = none.</param>
/// <param name="Failures">Failures in a row.</param>
/// <param name="SucceededAt">When it was last read to the end.</param>
internal sealed record SyncLease(
    long CabinetId, SyncEntity Entity, long Token, string State, DateTimeOffset? DueAt, DateTimeOffset? NotBefore, int Failures,
    DateTimeOffset? SucceededAt)
{
    /// <summary>Whether its time has come.</summary>
    public bool IsDue(DateTimeOffset now) => !(DueAt > now) && !(NotBefore > now);
}
