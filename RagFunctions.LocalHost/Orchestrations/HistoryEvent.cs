namespace RagFunctions.LocalHost.Orchestrations;

/// <summary>One line of the history of an execution.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="TaskId">The step it belongs to, counted from 0 in the order in which the orchestrator asks; -1 for none.</param>
/// <param name="Name">The activity.</param>
/// <param name="Payload">Input, output, error message or instant.</param>
/// <param name="At">When, UTC, in whole microseconds.</param>
internal sealed record HistoryEvent(HistoryKind Kind, int TaskId, string? Name, string? Payload, DateTimeOffset At)
{
    /// <summary>In the words of a message about a replay that does not fit.</summary>
    public string Description => Kind is HistoryKind.TimerCreated or HistoryKind.TimerFired
        ? $"a timer for {Payload}"
        : $"activity '{Name}'";
}
