using RagFunctions.Cli;
using RagFunctions.Dev.LocalHost;
using RagFunctions.Sync;

namespace RagFunctions.Dev.Demo;

/// <summary>
/// Lets time go on as far as the app needs it. Between the steps the shop's clock stands still while activities work, and goes on with real
/// time where everything waits: durable timers run by real time, the limits that they wait for by the shop's.
/// </summary>
internal sealed class DemoPace(DemoApi api, LocalFunctionsHost host, SteppedClock clock)
{
    // Real time: how long one sync may take, and how often it is looked at.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(25);

    /// <summary>Goes to an instant where the sync timer is due, and on until the sync and everything it has started have ended.</summary>
    /// <param name="step">Moves the clock there.</param>
    /// <param name="watch">Told now and then how the index stands.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>What the sync says of itself.</returns>
    /// <exception cref="CliException">It broke, or did not end in time.</exception>
    public async Task<SyncSummary> SyncAsync(Action step, Action<DemoStatus> watch, CancellationToken cancellationToken)
    {
        var since = DateTimeOffset.UtcNow;
        step();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            while (true)
            {
                if (await api.SyncSinceAsync(since, patience.Token) is { } sync
                    && !await api.IsAtWorkAsync(patience.Token)
                    && (await api.StatusAsync(patience.Token)).IsSettled)
                {
                    return sync;
                }

                if (host.ActivitiesAtWork == 0)
                {
                    clock.Step(Look * 2);
                }

                watch(await api.StatusAsync(patience.Token));
                await Task.Delay(Look, patience.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CliException($"The sync that was due at {clock.GetUtcNow():yyyy-MM-dd HH:mm} UTC or its runs did not end within {Patience.TotalMinutes:N0} minutes.");
        }
    }
}
