namespace RagFunctions.Core.Runs;

/// <summary>Input of the activity that embeds what is pending in one interval.</summary>
public sealed record EmbedBatchInput(long CabinetId, Guid RunId, long Token, HashInterval Interval);
