using RagFunctions.Core.Store;

namespace RagFunctions.Core.Runs;

/// <summary>Verifies with <see cref="IndexVerifier"/>.</summary>
public sealed class RunVerifier(IndexVerifier verifier) : IRunVerifier
{
    /// <inheritdoc />
    public async Task<VerifiedCounts> VerifyAsync(long cabinetId, DateTimeOffset asOf, CancellationToken cancellationToken)
    {
        var report = await verifier.VerifyAsync(cabinetId, asOf, examples: 0, cancellationToken);
        return new VerifiedCounts(report.Missing, report.Stale, report.Surplus, report.Pending);
    }
}
