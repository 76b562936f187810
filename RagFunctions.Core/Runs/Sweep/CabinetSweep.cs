using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace RagFunctions.Core.Runs.Sweep;

/// <summary>
/// Starts every cabinet that has work and no run. It runs once a minute, so that a start that was lost for whatever reason is made up for.
/// </summary>
public sealed partial class CabinetSweep(SweepQuery query, StartIndex start, CabinetActivity activity, ILogger<CabinetSweep> logger)
{
    // Starting is one call to Durable's store; enough at a time to start hundreds within the minute.
    private const int StartsAtATime = 16;

    /// <summary>Starts what is due, hides what is inactive.</summary>
    /// <returns>The cabinets for which a run was asked.</returns>
    /// <exception cref="AggregateException">What could not be done of some cabinets; the others are done.</exception>
    public async Task<IReadOnlyList<DueCabinet>> RunAsync(CancellationToken cancellationToken)
    {
        var findings = await query.FindAsync(cancellationToken);
        ConcurrentQueue<Exception> failures = [];
        foreach (var cabinetId in findings.Deactivated.Concat(GoneForSure(findings)))
        {
            await AloneAsync(() => activity.DeactivateAsync(cabinetId, cancellationToken));
        }

        await Parallel.ForEachAsync(
            findings.Due,
            new ParallelOptions { MaxDegreeOfParallelism = StartsAtATime, CancellationToken = cancellationToken },
            async (cabinet, token) =>
            {
                Due(cabinet.CabinetId, cabinet.Reason);

                // A run does not check these two reasons itself, so the request for a full run is stored for it.
                var stored = cabinet.Reason is SweepReason.Renderer or SweepReason.Overdue ? RunMode.Full : RunMode.Incremental;
                await AloneAsync(() => start.StartModeAsync(cabinet.CabinetId, stored, token));
            });
        return failures.IsEmpty ? findings.Due : throw new AggregateException(failures);

        async Task AloneAsync(Func<Task> work)
        {
            try
            {
                await work();
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                failures.Enqueue(failure);
            }
        }
    }

    private IEnumerable<long> GoneForSure(SweepFindings findings)
    {
        // An emptied or wrong main database must not hide everything.
        if (findings.Gone.Count * 2 > findings.Indexed)
        {
            MainLooksEmpty(findings.Gone.Count, findings.Indexed);
            return [];
        }

        return findings.Gone;
    }

    [LoggerMessage(4040, LogLevel.Debug, "Sweep starts cabinet {CabinetId}: {Reason}")]
    private partial void Due(long cabinetId, SweepReason reason);

    [LoggerMessage(4041, LogLevel.Error, "{Gone} of {Indexed} indexed cabinets are unknown to the main database: nothing is hidden; check ConnectionStrings:Main")]
    private partial void MainLooksEmpty(int gone, long indexed);
}
