namespace RagFunctions.Core.Runs;

/// <summary>Opens a round: lease and token, mode, expired chunks, catch-up, ranges.</summary>
public sealed class RoundOpener
{
    /// <summary>Opens the round, or says why not. Repeating a known (run, round) gives the same token, mode and business time.</summary>
    public Task<RoundStart> OpenAsync(BeginRoundInput input, CancellationToken cancellationToken) => throw new NotSupportedException();
}
