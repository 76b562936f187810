using RagFunctions.Core.Store;

namespace RagFunctions.Core.Runs;

/// <summary>
/// Verifies what a full run leaves to be verified. Every row was rendered and compared when its range was applied, and what was written
/// was read again before it was committed. So the end asks whether that was every row: both databases say which rows they have. Only
/// where they disagree everything is rendered once more, to tell what differs.
/// </summary>
public sealed class RunVerifier(SourceRowSets source, IndexVerifier verifier) : IRunVerifier
{
    /// <inheritdoc />
    public async Task<VerifiedCounts> VerifyAsync(
        long cabinetId, DateTimeOffset asOf, Task<RunFigures> figures, CancellationToken cancellationToken)
    {
        var counts = await CompareAsync(cabinetId, asOf, figures, cancellationToken);
        RecordDifferences(cabinetId, "missing", counts.Missing);
        RecordDifferences(cabinetId, "stale", counts.Stale);
        RecordDifferences(cabinetId, "surplus", counts.Surplus);
        return counts;
    }

    // Chunks without a vector are not among them: they have a metric of their own.
    private static void RecordDifferences(long cabinetId, string kind, long chunks) => RagTelemetry.Differences.Record(
        chunks, RagTelemetry.Cabinet(cabinetId), KeyValuePair.Create<string, object?>(RagTelemetry.DifferenceKind, kind));

    private async Task<VerifiedCounts> CompareAsync(
        long cabinetId, DateTimeOffset asOf, Task<RunFigures> figures, CancellationToken cancellationToken)
    {
        var offered = source.ReadAsync(cabinetId, asOf, cancellationToken);
        await Task.WhenAll(offered, figures);
        var indexed = await figures;
        if ((await offered).All(set => indexed.Rows.GetValueOrDefault(set.Key) == set.Value))
        {
            return new VerifiedCounts(Missing: 0, Stale: 0, Surplus: 0, indexed.PendingChunks);
        }

        var report = await verifier.VerifyAsync(cabinetId, asOf, examples: 0, cancellationToken);
        return new VerifiedCounts(report.Missing, report.Stale, report.Surplus, report.Pending);
    }
}

/// <summary>Compares index and source at the end of a full run; writes nothing.</summary>
public interface IRunVerifier
{
    /// <summary>Counts what differs.</summary>
    /// <param name="asOf">Business time of the run: what was eligible then.</param>
    /// <param name="figures">What the index holds, being counted meanwhile.</param>
    /// <param name="cancellationToken">Stops the comparison.</param>
    Task<VerifiedCounts> VerifyAsync(long cabinetId, DateTimeOffset asOf, Task<RunFigures> figures, CancellationToken cancellationToken);
}

/// <summary>What a comparison of index and source found, in chunks.</summary>
/// <param name="Missing">The source offers them, the index has none.</param>
/// <param name="Stale">The index has another text.</param>
/// <param name="Surplus">The source does not offer them.</param>
/// <param name="Pending">Right text, no vector of it yet.</param>
public sealed record VerifiedCounts(long Missing, long Stale, long Surplus, long Pending)
{
    /// <summary>Nothing differs.</summary>
    public bool IsClean => this is { Missing: 0, Stale: 0, Surplus: 0, Pending: 0 };
}
