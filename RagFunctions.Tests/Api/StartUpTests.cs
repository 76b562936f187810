using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Embeddings.Providers;
using RagFunctions.Core.Runs;
using RagFunctions.Tests.Dev.LocalHost;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Api;

public sealed class StartUpTests
{
    [Fact]
    public async Task The_app_does_not_start_with_another_embedder_than_the_index_has()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.Source.ExecuteAsync("INSERT INTO rag_embedder (model, dimensions) VALUES ('text-embedding-3-small', 1536)");
        var refusal = await Assert.ThrowsAsync<EmbedderMismatchException>(() => RunningApp.StartAsync(database));
        Assert.Contains("text-embedding-3-small", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(OfflineEmbeddingGenerator.ModelName, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_app_starts_over_an_index_database_without_tables()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Empty);
        await using var app = await RunningApp.StartAsync(database);
        Assert.True(new Uri(app.Host.Address).IsLoopback);
    }

    [Fact]
    public async Task Given_settings_stand_above_those_of_the_environment()
    {
        await using var database = await TestDatabase.CreateAsync();
        Environment.SetEnvironmentVariable("Runs__MaxRounds", "7");
        Environment.SetEnvironmentVariable("Runs__EmbedWindow", "6");
        try
        {
            await using var app = await RunningApp.StartAsync(database, ("Runs:MaxRounds", "3"));
            var runs = app.Host.Services.GetRequiredService<IOptions<RunsOptions>>().Value;
            Assert.Equal((3, 6), (runs.MaxRounds, runs.EmbedWindow));
        }
        finally
        {
            Environment.SetEnvironmentVariable("Runs__MaxRounds", null);
            Environment.SetEnvironmentVariable("Runs__EmbedWindow", null);
        }
    }
}
