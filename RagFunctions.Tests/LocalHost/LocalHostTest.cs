using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Time.Testing;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.LocalHost;

/// <summary>A test of the local host: a schema <c>local_host</c> that no other test has touched, sample functions, a clock that stands.</summary>
public abstract class LocalHostTest(DatabaseFixture fixture) : IAsyncLifetime
{
    private static readonly Type[] Samples =
        [typeof(OrchestrationSamples), typeof(ActivitySamples), typeof(TimerSamples), typeof(HttpSamples)];

    private readonly List<RunningHost> _hosts = [];

    private protected Journal Journal { get; } = new();

    private protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    private protected RunningHost Host => _hosts[^1];

    private protected TestDatabase Database => fixture.Database;

    private protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    public virtual async ValueTask InitializeAsync()
    {
        await fixture.Source.ExecuteAsync("DROP SCHEMA IF EXISTS local_host CASCADE");
        await StartHostAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    private protected async Task<RunningHost> StartHostAsync(params (string Name, string Value)[] settings)
    {
        var host = await RunningHost.StartAsync(
            Database, Journal, Samples, Time, HttpSamples.AddMiddleware, [("Tick:Schedule", "0 */15 * * * *"), .. settings]);
        _hosts.Add(host);
        return host;
    }

    /// <summary>Ends the running host; what it had not stored is lost.</summary>
    private protected async Task StopHostAsync()
    {
        await Host.DisposeAsync();
        _hosts.RemoveAt(_hosts.Count - 1);
    }

    private protected Task<string> ScheduleAsync(string orchestrator, object? input = null, string? id = null) =>
        Host.Client.ScheduleNewOrchestrationInstanceAsync(orchestrator, input, new(id), Ct);

    private protected async Task<long> CountAsync(string table, string where = "true")
    {
        await using var count = fixture.Source.CreateCommand($"SELECT count(*) FROM local_host.{table} WHERE {where}");
        return (long)(await count.ExecuteScalarAsync(Ct))!;
    }

    private protected static void AssertFailed(OrchestrationMetadata end, string message)
    {
        Assert.Equal(OrchestrationRuntimeStatus.Failed, end.RuntimeStatus);
        Assert.Contains(message, end.SerializedOutput, StringComparison.Ordinal);
    }
}
