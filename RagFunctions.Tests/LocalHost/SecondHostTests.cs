using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.LocalHost;

/// <summary>A class of its own: it waits as long as the host waits for one that was killed.</summary>
public sealed class SecondHostTests(DatabaseFixture fixture) : LocalHostTest(fixture), IClassFixture<DatabaseFixture>
{
    [Fact]
    public async Task A_second_host_on_the_same_database_is_refused_and_the_first_goes_on()
    {
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => StartHostAsync());
        Assert.Equal("Another local host runs on this database; only one may.", refusal.Message);
        Assert.Equal("2", (await Host.RunAsync(nameof(OrchestrationSamples.Chain), 1)).SerializedOutput);
    }
}
