namespace RagFunctions.AllCabinets;

/// <summary>What came of starting all cabinets; each cabinet's own outcome stands with its run.</summary>
public sealed record AllCabinetsResult(int Started, int NotStarted, int Late, DateTimeOffset? StartedAt);
