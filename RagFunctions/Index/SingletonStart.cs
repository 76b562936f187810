using System.Globalization;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using RagFunctions.Core.Runs;

namespace RagFunctions.Index;

/// <summary>
/// Starts an orchestration that may run once at a time. Back ends differ in what they do with a second start (replace, refuse,
/// let both through with one execution): so it looks, schedules with dedupe statuses, and looks again when that throws.
/// </summary>
public static class SingletonStart
{
    /// <summary>Starts it, or finds the one that is pending, running or suspended.</summary>
    public static async Task<StartedRun> StartSingletonAsync(
        this DurableTaskClient client, TaskName orchestrator, string instanceId, object input, CancellationToken cancellationToken)
    {
        if (await client.IsLiveAsync(instanceId, cancellationToken))
        {
            return new StartedRun(instanceId, AlreadyRunning: true);
        }

        var options = new StartOrchestrationOptions(instanceId).WithDedupeStatuses(
            OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Suspended);
        try
        {
            await client.ScheduleNewOrchestrationInstanceAsync(orchestrator, input, options, cancellationToken);
            return new StartedRun(instanceId, AlreadyRunning: false);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The type differs from back end to back end; only another look tells a lost race from trouble.
            if (await client.IsLiveAsync(instanceId, cancellationToken))
            {
                return new StartedRun(instanceId, AlreadyRunning: true);
            }

            throw;
        }
    }

    /// <summary>Whether it is pending, running or suspended.</summary>
    public static async Task<bool> IsLiveAsync(this DurableTaskClient client, string instanceId, CancellationToken cancellationToken) =>
        await client.GetInstanceAsync(instanceId, cancellationToken) is
        {
            RuntimeStatus: OrchestrationRuntimeStatus.Pending or OrchestrationRuntimeStatus.Running or OrchestrationRuntimeStatus.Suspended,
        };
}

/// <summary>The fixed ids of the orchestrations that may each run once.</summary>
public static class InstanceIds
{
    /// <summary>The weekly rebuild, and a full rebuild of all cabinets asked for by a caller.</summary>
    public const string RebuildAll = "rebuild-all";

    /// <summary>Ordinary runs of all cabinets.</summary>
    public const string StartAll = "start-all";

    /// <summary>The sync of all cabinets.</summary>
    public const string SyncAll = "sync-all";

    /// <summary>The sync of a cabinet: <c>sync-7</c>.</summary>
    public static string SyncOf(long cabinetId) => string.Create(CultureInfo.InvariantCulture, $"sync-{cabinetId}");

    /// <summary>The run of a cabinet: <c>index-7</c>.</summary>
    public static string IndexOf(long cabinetId) => string.Create(CultureInfo.InvariantCulture, $"index-{cabinetId}");
}
