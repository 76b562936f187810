using System.Diagnostics;

namespace RagFunctions.Tests.Dev.LocalHost;

/// <summary>
/// Hosts on Azure Storage, killed in the middle of work and started again. What they had taken from the queues is back after a minute and a
/// half, so it is begun before the first test and goes on beside the others: one wait for all.
/// </summary>
public sealed class KilledStorageHosts : IAsyncLifetime
{
    private readonly List<IAsyncDisposable> _parts = [];

    /// <summary>One cabinet, of several pages and more embedding requests than go out at once, rebuilt.</summary>
    internal Task<KilledHost> Rebuild { get; private set; } = null!;

    /// <summary>Three cabinets, rebuilt by one request.</summary>
    internal Task<KilledHost> RebuildOfAll { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Rebuild = KillAsync(await ServeAsync(cabinets: 1, rows: 5_000, seed: 60), answers: 4, "/v1/rag/index/1?full_rebuild=true");
        RebuildOfAll = KillAsync(await ServeAsync(cabinets: 3, rows: 300, seed: 61), answers: 1, "/v1/rag/index?full_rebuild=true");
    }

    public async ValueTask DisposeAsync()
    {
        await ((Task)Task.WhenAll(Rebuild, RebuildOfAll)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var part in Enumerable.Reverse(_parts))
        {
            await part.DisposeAsync();
        }
    }

    private async Task<ServedCabinets> ServeAsync(int cabinets, int rows, int seed)
    {
        var hub = await StorageHub.CreateAsync();
        _parts.Add(hub);
        var served = await ServedCabinets.CreateAsync(cabinets, rows, seed, hub.Settings);
        _parts.Add(served);
        return served;
    }

    /// <summary>Asks for runs, kills the host while the provider holds some of their requests, and starts the next one.</summary>
    private static async Task<KilledHost> KillAsync(ServedCabinets served, int answers, string path)
    {
        await served.StartAsync();
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = 0;
        served.Provider.BeforeAnswer = _ => Interlocked.Increment(ref asked) > answers ? release.Task : Task.CompletedTask;
        await served.Process.PostAsync(path);
        await served.BecomesTrueAsync("SELECT EXISTS (SELECT FROM rag_embeddings)", "the first vectors are stored");
        await Condition.BecomesTrueAsync(() => Volatile.Read(ref asked) > answers, "the provider holds a request");
        await served.KillAsync();

        var watch = Stopwatch.StartNew();
        var isBack = new TaskCompletionSource<TimeSpan>(TaskCreationOptions.RunContinuationsAsynchronously);
        served.Provider.BeforeAnswer = _ =>
        {
            isBack.TrySetResult(watch.Elapsed);
            return Task.CompletedTask;
        };
        release.SetResult();
        await served.StartAsync();
        return new KilledHost(served, await isBack.Task.WaitAsync(TimeSpan.FromMinutes(8), TestContext.Current.CancellationToken));
    }
}

/// <summary>A host that was killed and started again.</summary>
/// <param name="Served">What it serves.</param>
/// <param name="Back">From the kill until its work was taken up.</param>
internal sealed record KilledHost(ServedCabinets Served, TimeSpan Back);
