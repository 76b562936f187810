namespace RagFunctions.LocalHost.Orchestrations;

/// <summary>What a line of history says; stored by name.</summary>
internal enum HistoryKind
{
    /// <summary>The orchestrator was run on with what follows; its clock stood at the event's time.</summary>
    EpisodeStarted,

    /// <summary>The orchestrator asked for an activity.</summary>
    ActivityScheduled,

    ActivityCompleted,

    ActivityFailed,

    /// <summary>The orchestrator asked for a timer; the payload is its instant.</summary>
    TimerCreated,

    TimerFired,
}
