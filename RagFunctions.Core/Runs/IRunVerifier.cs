namespace RagFunctions.Core.Runs;

/// <summary>Compares index and source at the end of a full run; writes nothing.</summary>
public interface IRunVerifier
{
    /// <summary>Counts what differs.</summary>
    Task<VerifiedCounts> VerifyAsync(long cabinetId, DateTimeOffset asOf, CancellationToken cancellationToken);
}
