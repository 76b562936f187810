using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using RagFunctions.Core.Embeddings;
using RagFunctions.LocalHost;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Api;

public sealed class StartUpTests
{
    [Fact]
    public async Task The_app_does_not_start_with_another_embedder_than_the_index_has()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.Source.ExecuteAsync("INSERT INTO rag_embedder (model, dimensions) VALUES ('text-embedding-3-small', 1536)");
        await using var app = Build(database);
        var refusal = await Assert.ThrowsAsync<EmbedderMismatchException>(() => app.StartAsync(TestContext.Current.CancellationToken));
        Assert.Contains("text-embedding-3-small", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(OfflineEmbeddingGenerator.ModelName, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_app_starts_over_an_index_database_without_tables()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Empty);
        await using var app = Build(database);
        await app.StartAsync(TestContext.Current.CancellationToken);
        Assert.NotEmpty(app.Urls);
        await app.StopAsync(TestContext.Current.CancellationToken);
    }

    private static WebApplication Build(TestDatabase database) => LocalApp.Build(
        new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:Main"] = database.ConnectionString,
            ["ConnectionStrings:Rag"] = database.ConnectionString,
            ["Embeddings:Provider"] = "offline",
            ["Api:Keys:0:Key"] = AppFixture.OperatorKey,
            ["LocalHost:Port"] = "0",
            ["SyncSchedule"] = "0 0 0 1 1 *",
            ["SweepSchedule"] = "0 0 0 1 1 *",
            ["Logging:LogLevel:Default"] = "None",
        }).Build());
}
