using RagFunctions.Core.Runs;

namespace RagFunctions.Core.Telemetry;

/// <summary>Records what the comparison at the end of a full run found. Texts without a vector are not differences: they have a metric of their own.</summary>
internal sealed class ObservedVerifier(IRunVerifier inner) : IRunVerifier
{
    /// <inheritdoc />
    public async Task<VerifiedCounts> VerifyAsync(
        long cabinetId, DateTimeOffset asOf, Task<RunFigures> figures, CancellationToken cancellationToken)
    {
        var counts = await inner.VerifyAsync(cabinetId, asOf, figures, cancellationToken);
        Record("missing", counts.Missing);
        Record("stale", counts.Stale);
        Record("surplus", counts.Surplus);
        return counts;

        void Record(string kind, long chunks) => RagTelemetry.Differences.Record(
            chunks,
            new KeyValuePair<string, object?>(RagTelemetry.CabinetId, cabinetId),
            new KeyValuePair<string, object?>(RagTelemetry.DifferenceKind, kind));
    }
}
