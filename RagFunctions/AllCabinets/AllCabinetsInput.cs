using RagFunctions.Core.Runs;

namespace RagFunctions.AllCabinets;

/// <summary>Where the start of all cabinets stands; renewed by continue-as-new after every look at those that run.</summary>
/// <param name="Mode">What each cabinet is asked for, at least.</param>
/// <param name="IsWeekly">Cabinets that no longer exist are purged first.</param>
/// <param name="Window">Cabinets at a time.</param>
/// <param name="After">The last cabinet started; they come in the order of their ids.</param>
/// <param name="IsListed">No cabinet follows.</param>
/// <param name="Started">Cabinets started so far.</param>
/// <param name="NotStarted">Cabinets whose start failed; what they have to do is stored, the sweep starts them.</param>
/// <param name="Late">Cabinets that were still running at their deadline and are waited for no longer.</param>
/// <param name="StartedAt">When the first generation began.</param>
/// <param name="Looks">Looks since a cabinet was started last: the longer nothing new begins, the rarer they are.</param>
public sealed record AllCabinetsInput(
    RunMode Mode,
    bool IsWeekly = false,
    int Window = 10,
    long After = 0,
    bool IsListed = false,
    int Started = 0,
    int NotStarted = 0,
    int Late = 0,
    DateTimeOffset? StartedAt = null,
    int Looks = 0)
{
    /// <summary>Those under way.</summary>
    public IReadOnlyList<WaitingCabinet> Waiting { get; init; } = [];

    /// <summary>With a rebuild that is taken up again: when it began. Cabinets that were rebuilt since are left out.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>With a sync of all cabinets: when it was asked for.</summary>
    public DateTimeOffset? SyncAskedAt { get; init; }
}
