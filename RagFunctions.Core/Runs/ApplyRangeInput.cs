namespace RagFunctions.Core.Runs;

/// <summary>Input of the activity that applies one range of changes.</summary>
public sealed record ApplyRangeInput(long CabinetId, Guid RunId, long Token, RunMode Mode, DateTimeOffset AsOf, ChangeRange Range);
