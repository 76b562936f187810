using Npgsql;
using RagFunctions.Sync;

namespace RagFunctions.Cli.Demo;

/// <summary>
/// Lets time go on as far as the app needs it. Every wait in the app belongs to the clock, so where no activity is at work and something is
/// still to be done, only the clock can bring it about: a limit's end, a retry, the next sweep.
/// </summary>
internal sealed class DemoPace(DemoApi api, NpgsqlDataSource rag, SteppedClock clock)
{
    // Real time: how long one sync may take, and how often it is looked at.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(25);

    // The shortest time for which a sync waits for a limit.
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(5);

    /// <summary>Goes to an instant where the sync timer is due, and on until the sync and everything it has started have ended.</summary>
    /// <param name="step">Moves the clock there.</param>
    /// <param name="watch">Told now and then how the index stands.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>What the sync says of itself.</returns>
    /// <exception cref="CliException">It broke, or did not end in time.</exception>
    public async Task<SyncSummary> SyncAsync(Action step, Action<DemoStatus> watch, CancellationToken cancellationToken)
    {
        var since = clock.GetUtcNow();
        step();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        var wasStill = false;
        try
        {
            while (true)
            {
                var activity = await HostActivity.ReadAsync(rag, patience.Token);
                if (activity.Orchestrations == 0
                    && await api.SyncSinceAsync(since.AddSeconds(1), patience.Token) is { } sync
                    && (await api.StatusAsync(patience.Token)).IsSettled)
                {
                    return sync;
                }

                // Twice, because between two activities an orchestration thinks.
                var isStill = activity.Activities == 0;
                if (isStill && wasStill)
                {
                    clock.Step(Step);
                }

                wasStill = isStill && !wasStill;
                watch(await api.StatusAsync(patience.Token));
                await Task.Delay(Look, patience.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CliException($"The sync that was due after {since:yyyy-MM-dd HH:mm} UTC or its runs did not end within {Patience.TotalMinutes:N0} minutes.");
        }
    }
}
