namespace RagFunctions.LocalHost.Timers;

/// <summary>When a timer ran last (null: never), runs next, and when that was noted.</summary>
internal sealed record TimerTimes(DateTimeOffset? Last, DateTimeOffset Next, DateTimeOffset Updated);
