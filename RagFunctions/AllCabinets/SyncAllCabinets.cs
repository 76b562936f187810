using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using RagFunctions.Sync;

namespace RagFunctions.AllCabinets;

/// <summary>The sync of all active cabinets, asked for by a person. The same steps as <see cref="StartAllCabinets"/>.</summary>
public static class SyncAllCabinets
{
    private static readonly AllCabinetsSteps Syncs = new(nameof(SyncActivities.StartSync), nameof(SyncActivities.BusySyncs));

    [Function(nameof(SyncAllCabinets))]
    public static Task<AllCabinetsResult?> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context, AllCabinetsInput input) =>
        StartAllCabinets.RunAsync(context, input, Syncs);
}
