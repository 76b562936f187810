namespace RagFunctions.Core.Runs;

/// <summary>Answer of the activity that opens a round: what to do, in a few kilobytes at any size of cabinet.</summary>
/// <param name="Status">Whether work follows.</param>
/// <param name="Token">Fencing token; every later step of the round carries it.</param>
/// <param name="Mode">The mode decided: the strongest of what is stored and what the state of the index demands.</param>
/// <param name="AsOf">Business time of the round (90-day rule, expiry), taken once.</param>
/// <param name="Ranges">The parts of the work, disjoint; products come first. At most 200.</param>
/// <param name="NotBefore">With <see cref="BeginStatus.NotYet"/> or <see cref="BeginStatus.Busy"/>: when to look again, by the clock of the index database; for people.</param>
/// <param name="Message">With anything but <see cref="BeginStatus.Started"/>: why, for the operator.</param>
/// <param name="Wait">With <see cref="BeginStatus.NotYet"/>: how long until then. An orchestrator waits by another clock, so it needs the length.</param>
/// <param name="Rows">Distinct rows that the ranges cover.</param>
public sealed record RoundStart(
    BeginStatus Status,
    long Token,
    RunMode Mode,
    DateTimeOffset AsOf,
    IReadOnlyList<ChangeRange> Ranges,
    DateTimeOffset? NotBefore = null,
    string? Message = null,
    TimeSpan? Wait = null,
    long Rows = 0);
