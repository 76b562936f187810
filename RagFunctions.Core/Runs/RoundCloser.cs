namespace RagFunctions.Core.Runs;

/// <summary>Closes a round: totals, cost, status; more to do or release.</summary>
public sealed class RoundCloser
{
    /// <summary>Books the round once; a repeat gives the same answer.</summary>
    public Task<RoundEnd> CloseAsync(FinishRoundInput input, CancellationToken cancellationToken) => throw new NotSupportedException();
}
