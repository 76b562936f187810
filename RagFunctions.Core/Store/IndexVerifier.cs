using RagFunctions.Core.Chunks;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Source;

namespace RagFunctions.Core.Store;

/// <summary>Renders every row again and compares with the index. Writes nothing and needs no lease, so it may run at any time.</summary>
/// <remarks>Beside a run under way, what that run has not reached yet is reported as a difference.</remarks>
public sealed class IndexVerifier(MainDatabase main, RagDatabase rag)
{
    // More than a transaction of a run has: nothing is held here but memory, and each page costs two statements.
    internal int PageRows { get; init; } = 4_000;

    internal Func<SourceRow, RenderedRow> Render { get; init; } = ChunkRenderer.Render;

    /// <summary>Compares all entities of a cabinet, pages of 4,000 rows at a time.</summary>
    /// <param name="cabinetId">The tenant.</param>
    /// <param name="asOf">The instant eligibility is measured at: that of the run to be verified, or now.</param>
    /// <param name="examples">At most so many differences are named.</param>
    /// <param name="cancellationToken">Stops the comparison.</param>
    public async Task<VerifyReport> VerifyAsync(long cabinetId, DateTimeOffset asOf, int examples, CancellationToken cancellationToken)
    {
        var reports = await EachEntity.ReadAsync(
            main, rag, EntityNames.All,
            (source, index, entity, token) => new EntityVerification(source, index, entity, cabinetId, asOf, examples, PageRows, Render).RunAsync(token),
            cancellationToken);
        return new VerifyReport(
            reports.Sum(report => report.Rows),
            reports.Sum(report => report.Chunks),
            reports.Sum(report => report.Missing),
            reports.Sum(report => report.Stale),
            reports.Sum(report => report.Surplus),
            reports.Sum(report => report.Pending),
            reports.Sum(report => report.Unreadable),
            [.. reports.SelectMany(report => report.Examples).Take(examples)]);
    }
}
