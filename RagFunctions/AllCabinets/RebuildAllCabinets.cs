using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace RagFunctions.AllCabinets;

/// <summary>Full runs of all active cabinets: the weekly safety net. The same steps as <see cref="StartAllCabinets"/>.</summary>
public static class RebuildAllCabinets
{
    private static readonly AllCabinetsSteps Rebuilds = new(
        nameof(AllCabinetsActivities.StartCabinet), nameof(AllCabinetsActivities.BusyCabinets), IsRecorded: true);

    [Function(nameof(RebuildAllCabinets))]
    public static Task<AllCabinetsResult?> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context, AllCabinetsInput input) =>
        StartAllCabinets.RunAsync(context, input, Rebuilds);
}
