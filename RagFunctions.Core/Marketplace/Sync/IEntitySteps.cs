namespace RagFunctions.Core.Marketplace.Sync;

/// <summary>The calls and page transactions of one entity, in order. Runs until done, or until something stands in the way.</summary>
internal interface IEntitySteps
{
    SyncEntity Entity { get; }

    Task<SyncEnd> RunAsync(SyncSession session, CancellationToken ct);
}
