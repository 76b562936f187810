namespace RagFunctions.Core.Marketplace.Sync;

/// <summary>The steps of a cabinet's sync, each the work of one activity. Idempotent: each may run twice, also side by side.</summary>
public interface ISyncSteps
{
    /// <summary>What is to be synchronised now, in starting order.</summary>
    Task<IReadOnlyList<SyncEntity>> PlanAsync(SyncPlanInput input, CancellationToken cancellationToken);

    /// <summary>Synchronises an entity until it is done or something stands in the way.</summary>
    Task<SyncStepResult> SyncAsync(SyncStepInput input, CancellationToken cancellationToken);

    /// <summary>Starts the run that indexes what was committed and queued.</summary>
    /// <returns>False when it could not be started now: the changes are queued, the sweep starts it.</returns>
    Task<bool> StartIndexAsync(StartSyncedInput input, CancellationToken cancellationToken);
}
