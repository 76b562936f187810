using Microsoft.DurableTask.Client;
using RagFunctions.Core.Runs;
using RagFunctions.Index;

namespace RagFunctions.Sync;

/// <summary>The one way a sync is started.</summary>
internal static class SyncStart
{
    /// <summary>Starts the sync of a cabinet, or finds the one under way.</summary>
    /// <param name="client">Of the calling function.</param>
    /// <param name="cabinetId">The cabinet.</param>
    /// <param name="askedAt">When a person asked; null = what is due.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public static Task<StartedRun> StartSyncAsync(
        this DurableTaskClient client, long cabinetId, DateTimeOffset? askedAt, CancellationToken cancellationToken) =>
        client.StartSingletonAsync(
            nameof(SyncCabinet), InstanceIds.SyncOf(cabinetId), new SyncCabinetInput(cabinetId, askedAt), cancellationToken);
}
