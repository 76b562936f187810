namespace RagFunctions.Core.Runs;

/// <summary>Compares index and source at the end of a full run; writes nothing.</summary>
public interface IRunVerifier
{
    /// <summary>Counts what differs.</summary>
    /// <param name="cabinetId">The tenant.</param>
    /// <param name="asOf">Business time of the run: what was eligible then.</param>
    /// <param name="figures">What the index holds, being counted meanwhile.</param>
    /// <param name="cancellationToken">Stops the comparison.</param>
    Task<VerifiedCounts> VerifyAsync(long cabinetId, DateTimeOffset asOf, Task<RunFigures> figures, CancellationToken cancellationToken);
}
