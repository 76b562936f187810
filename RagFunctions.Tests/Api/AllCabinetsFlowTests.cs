using RagFunctions.Tests.Dev.LocalHost;

namespace RagFunctions.Tests.Api;

/// <summary>All cabinets at once, every activity twice.</summary>
public sealed class AllCabinetsFlowTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    [Trait("Guarantee", "all-cabinets")]
    [Trait("Defect", "35")]
    public async Task All_cabinets_are_started_by_one_orchestration()
    {
        var answer = await app.AskAsync(HttpMethod.Post, "/v1/rag/index?full_rebuild=true", 202);
        Assert.Equal(("rebuild-all", "full_rebuild"), ((string?)answer["instance_id"], (string?)answer["indexing_mode"]));

        // Another instance, so that neither takes the other's place.
        var ordinary = await app.AskAsync(HttpMethod.Post, "/v1/rag/index", 202);
        Assert.Equal(("start-all", "catch_up"), ((string?)ordinary["instance_id"], (string?)ordinary["indexing_mode"]));
        await Condition.BecomesTrueAsync(
            async () => await app.CountAsync("SELECT count(*) FROM rag_index_status WHERE full_completed_at IS NOT NULL") == 2, "both are indexed");
        Assert.Equal(0, await app.CountAsync("SELECT count(*) FROM rag_metadata WHERE cabinet_id = 3"));
    }
}
