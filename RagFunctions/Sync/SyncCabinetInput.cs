namespace RagFunctions.Sync;

/// <summary>Where the sync of a cabinet stands; renewed by continue-as-new.</summary>
/// <param name="CabinetId">The cabinet.</param>
/// <param name="AskedAt">When a person asked for everything; null = the timer, what is due.</param>
/// <param name="StartedAt">When the first generation began.</param>
public sealed record SyncCabinetInput(long CabinetId, DateTimeOffset? AskedAt = null, DateTimeOffset? StartedAt = null)
{
    /// <summary>What was planned and came of it; null = not planned yet.</summary>
    public IReadOnlyList<EntityProgress>? Entities { get; init; }
}
