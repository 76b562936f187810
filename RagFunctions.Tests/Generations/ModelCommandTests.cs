using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Embeddings.Providers;
using RagFunctions.Core.Migrations;
using RagFunctions.Core.Runs.Sweep;
using RagFunctions.Tests.Cli;

namespace RagFunctions.Tests.Generations;

/// <summary><c>rag model</c> over an index with vectors, its settings, and the way back of the migration.</summary>
public sealed class ModelCommandTests
{
    private static CancellationToken Stop => SwitchWorld.Stop;

    [Fact]
    [Trait("Guarantee", "model-change")]
    public async Task The_command_tells_the_price_begins_shows_and_ends()
    {
        await using var world = await SwitchWorld.CreateAsync();
        var cabinet = await world.AddCabinetAsync(30);
        string[] change = ["model", "switch", "--model", SwitchWorld.Next.Model, "--dimensions", "768"];
        var dry = await RagAsync(world, "60000", [.. change, "--dry-run"]);
        Assert.Equal((0, ""), (dry.Code, dry.Errors));
        foreach (var told in (string[])["27 different ones in 30 chunks of 1 cabinet,", "at $0.13 a million tokens", "at the limit of 60,000 tokens a minute", "at the share of 0.8", "nothing was changed"])
        {
            Assert.Contains(told, dry.Output, StringComparison.Ordinal);
        }

        Assert.False(await world.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM rag_next_embedder)"));
        Assert.Contains("begun", (await RagAsync(world, "0", change)).Output, StringComparison.Ordinal);
        Assert.Contains("begun before", (await RagAsync(world, "0", change)).Output, StringComparison.Ordinal);
        Assert.Contains("0 of 30 have their vector", (await RagAsync(world, "0", "model", "status")).Output, StringComparison.Ordinal);
        var early = await RagAsync(world, "0", "model", "finish");
        Assert.Equal(1, early.Code);
        Assert.Contains("1 cabinet has not moved", early.Errors, StringComparison.Ordinal);
        Assert.Equal(0, (await RagAsync(world, "0", "index", $"{cabinet}")).Code);
        Assert.Contains("1 of 1 cabinet: rag model finish", (await RagAsync(world, "0", "model", "status")).Output, StringComparison.Ordinal);
        Assert.Contains("text-embedding-3-large (768): 30 of 30, 0 failed, serves search", (await RagAsync(world, "0", "status", $"{cabinet}")).Output, StringComparison.Ordinal);
        Assert.Contains("the index is made with text-embedding-3-large (768 dimensions)", (await RagAsync(world, "0", "model", "finish")).Output, StringComparison.Ordinal);
        Assert.Contains("no change is under way", (await RagAsync(world, "0", "model", "finish")).Output, StringComparison.Ordinal);
        Assert.Contains("no change is under way", (await RagAsync(world, "0", "model", "abandon")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text-embedding-3-small", "1536", "is made with text-embedding-3-small (1536 dimensions) already")]
    [InlineData("unknown", "768", "leave Embeddings:* as it is and set Embeddings:Next:Model, Embeddings:Next:Dimensions")]
    public async Task A_change_that_makes_no_sense_is_refused(string model, string dimensions, string says)
    {
        await using var world = await SwitchWorld.CreateAsync();
        await world.AddCabinetAsync(3);
        var run = await RagAsync(world, "0", "model", "switch", "--model", model, "--dimensions", dimensions);
        Assert.Equal(1, run.Code);
        Assert.Contains(says, run.Errors.ReplaceLineEndings(" "), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_of_the_next_embedder_are_judged_by_their_own_names()
    {
        await using var world = await SwitchWorld.CreateAsync();
        var worker = world.AddWorker(configure: settings =>
        {
            settings["Embeddings:ApiKey"] = "sk-of-the-first";
            settings.Remove("Embeddings:Next:Dimensions");
            settings.Remove("Embeddings:Next:PricePerMillionTokens");
        });
        var errors = Assert.Throws<OptionsValidationException>(() => worker.GetRequiredService<IOptionsMonitor<EmbeddingsOptions>>().Get(EmbeddingsOptions.NextName)).Failures.ToList();
        Assert.Equal(2, errors.Count);
        Assert.Contains("Embeddings:Next:Dimensions must be between 1 and 16000; it is 0.", errors);
        Assert.Contains(errors, error => error.StartsWith("Embeddings:Next:PricePerMillionTokens is missing", StringComparison.Ordinal));

        // The key belongs to the first embedder's server, the limits to the worker.
        var right = world.AddWorker(configure: settings => settings["Embeddings:ApiKey"] = "sk-of-the-first").GetRequiredService<Embedders>();
        Assert.Equal(("sk-of-the-first", null, 16), (right.Main.Options.ApiKey, right.Next!.Options.ApiKey, right.Next.Options.MaxInputsPerRequest));
    }

    [Fact]
    [Trait("Guarantee", "model-change")]
    public async Task The_way_back_of_the_migration_gives_a_change_up()
    {
        await using var world = await SwitchWorld.CreateAsync();
        var cabinet = await world.AddCabinetAsync(10);
        await world.Switch.BeginAsync(SwitchWorld.Next, Stop);
        await world.RunAsync(cabinet);
        Assert.True(await world.HasMovedAsync(cabinet));
        await SchemaMigrator.RollbackAsync(MigrationSet.Rag, world.Database.Source, 133, null, Stop);
        Assert.Equal(10, await world.ScalarAsync<long>(
            "SELECT count(*) FROM rag_search($1, (SELECT embedding FROM rag_embeddings LIMIT 1), $2, 100)", cabinet, SwitchWorld.Active.Model));
        await SchemaMigrator.MigrateAsync(MigrationSet.Rag, world.Database.Source, null, Stop);
        await world.AssertRightAsync(cabinet, nextLength: null);
        await world.Switch.BeginAsync(SwitchWorld.Next, Stop);
        await world.RunAsync(cabinet);
        await world.AssertRightAsync(cabinet);
    }

    [Fact]
    [Trait("Guarantee", "model-change")]
    public async Task The_sweep_starts_a_few_cabinets_at_a_time_to_build()
    {
        await using var world = await SwitchWorld.CreateAsync();
        await world.AddCabinetAsync(2);
        await world.ExecuteAsync("INSERT INTO wb_cabinets (api_key, name, is_active) SELECT 'k' || n, 'many', true FROM generate_series(1, 40) AS n");
        await world.ExecuteAsync(
            "INSERT INTO rag_index_status (cabinet_id, full_completed_at, full_renderer_version, last_catch_up_at) SELECT c.id, now(), 1000, now() FROM wb_cabinets AS c WHERE name = 'many'");
        var query = world.Worker.GetRequiredService<SweepQuery>();
        Assert.DoesNotContain((await query.FindAsync(Stop)).Due, due => due.Reason == SweepReason.NextGeneration);
        await world.Switch.BeginAsync(SwitchWorld.Next, Stop);
        Assert.Equal(16, (await query.FindAsync(Stop)).Due.Count(due => due.Reason == SweepReason.NextGeneration));
    }

    [Fact]
    [Trait("Guarantee", "model-change")]
    public async Task Building_waits_for_its_turn_and_not_long()
    {
        await using var world = await SwitchWorld.CreateAsync();
        var cabinet = await world.AddCabinetAsync(20);
        var worker = world.AddWorker(configure: settings => settings["Embeddings:Next:TokensPerMinute"] = "60000");
        await world.Switch.BeginAsync(SwitchWorld.Next, Stop);
        await world.ExecuteAsync("INSERT INTO rag_pace (free_at) VALUES (now() + interval '10 minutes')");
        await world.ChangeRowsAsync(cabinet, 3);
        await world.RunAsync(cabinet, worker);
        Assert.Empty(world.NextServer.Requests);
        Assert.Equal(0, await world.ScalarAsync<long>("SELECT count(*) FROM rag_metadata WHERE embedded_hash IS DISTINCT FROM chunk_hash"));
        await world.ExecuteAsync("DELETE FROM rag_pace");
        await world.RunAsync(cabinet, worker);
        await world.AssertRightAsync(cabinet);
        Assert.True(await world.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM rag_pace)"));
    }

    private static Task<CliRun> RagAsync(SwitchWorld world, string tokensPerMinute, params string[] arguments)
    {
        var settings = world.Settings();
        settings["Embeddings:Next:TokensPerMinute"] = tokensPerMinute;
        return CliRun.OfAsync(settings.ToDictionary(setting => setting.Key.Replace(":", "__", StringComparison.Ordinal), setting => setting.Value), arguments);
    }
}
