using RagFunctions.Core.Marketplace.Client;

namespace RagFunctions.Core.Marketplace.Sync;

/// <summary>The calls and page transactions of one entity, in order. Runs until done, or until something stands in the way.</summary>
internal interface IEntitySteps
{
    SyncEntity Entity { get; }

    Task<SyncEnd> RunAsync(SyncSession session, CancellationToken cancellationToken);
}

/// <summary>How the steps of an entity ended, before it is recorded.</summary>
internal sealed record SyncEnd(EntitySyncStatus Status, DateTimeOffset? WaitUntil = null, string? Reason = null)
{
    public static SyncEnd Done { get; } = new(EntitySyncStatus.Ok);

    /// <summary>The primary calls are through; a secondary one failed and is due again.</summary>
    /// <param name="secondary">What failed; null = nothing.</param>
    public static SyncEnd DoneBut(string? secondary) => secondary is null ? Done : new(EntitySyncStatus.Ok, Reason: secondary);

    public static SyncEnd Failed(string reason) => new(EntitySyncStatus.Failed, Reason: reason);

    /// <summary>The ending that a call without a value means.</summary>
    public static SyncEnd Of<T>(CallResult<T> call)
        where T : class => call.Status switch
        {
            CallStatus.Wait => new(EntitySyncStatus.Waiting, call.WaitUntil),
            CallStatus.TokenRejected => new(EntitySyncStatus.Rejected, Reason: call.Reason),
            CallStatus.Forbidden => new(EntitySyncStatus.Forbidden, Reason: call.Reason),
            CallStatus.Unavailable or CallStatus.Failed => Failed(call.Reason ?? call.Status.ToString()),
            _ => throw new InvalidOperationException("An answered call ends nothing."),
        };
}
