namespace RagFunctions.Tests.Stories;

/// <summary>One step. Numbers are taken modulo what there is, so that every shortened story is a story too.</summary>
/// <param name="Act">What happens.</param>
/// <param name="Which">Which entity.</param>
/// <param name="Row">Which row, article, day or delivery.</param>
/// <param name="News">How a change of the source is announced.</param>
/// <param name="Trouble">What is wrong with the provider's next answers.</param>
/// <param name="Times">How many answers that are.</param>
/// <param name="Run">How a run fares.</param>
public sealed record StoryStep(StoryAct Act, int Which, int Row, StoryNews News, StoryTrouble Trouble, int Times, StoryRun Run)
{
    /// <inheritdoc />
    public override string ToString() => Act switch
    {
        StoryAct.Run => $"Run {Run} {(Run.Interruption == StoryInterruption.None ? "" : $"with {Which % 5}/{Row}, {News}")}",
        StoryAct.LateDelivery => $"LateDelivery {Row} {Run}",
        StoryAct.ProviderTrouble => $"{Times} x {Trouble}",
        _ => $"{Act} {Which % 5}/{Row}, {News}",
    };
}
