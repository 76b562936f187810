namespace RagFunctions.Core.Runs;

/// <summary>What follows when every step of a round is over.</summary>
public abstract record RunEnding
{
    private RunEnding()
    {
    }

    /// <summary>Go on at once with <paramref name="Next"/> (continue-as-new).</summary>
    public sealed record Again(RunInput Next) : RunEnding;

    /// <summary>Sleep for <paramref name="Time"/>, at most <see cref="RunPlan.LongestWait"/>, then go on with <paramref name="Next"/>.</summary>
    public sealed record Wait(TimeSpan Time, RunInput Next) : RunEnding;

    /// <summary>The run is over.</summary>
    public sealed record Done(RunSummary Summary) : RunEnding;
}
