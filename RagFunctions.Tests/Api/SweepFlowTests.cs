using RagFunctions.Tests.Dev.LocalHost;

namespace RagFunctions.Tests.Api;

/// <summary>A fixture of its own: no other test has started anything here.</summary>
public sealed class SweepFlowTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    [Trait("Guarantee", "sweep")]
    public async Task The_sweep_alone_indexes_what_nobody_asked_for()
    {
        await app.SweepAsync();
        await Condition.BecomesTrueAsync(
            async () => await app.CountAsync("SELECT count(*) FROM rag_index_status WHERE full_completed_at IS NOT NULL AND lease_owner IS NULL") == 2,
            "both active cabinets are indexed");
        Assert.Equal(50, await app.CountAsync("SELECT count(*) FROM rag_embeddings"));
    }
}
