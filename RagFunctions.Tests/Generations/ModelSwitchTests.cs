using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Runs.Sweep;
using RagFunctions.Core.Search;
using RagFunctions.Core.Status;
using RagFunctions.Dev.Fakes.Embeddings;
using RagFunctions.Tests.Migrations;

namespace RagFunctions.Tests.Generations;

/// <summary>An index with vectors changes its model while search and runs go on.</summary>
public sealed class ModelSwitchTests
{
    private static CancellationToken Stop => SwitchWorld.Stop;

    [Fact]
    [Trait("Guarantee", "model-change")]
    public async Task A_change_with_writes_and_a_kill_ends_in_one_right_generation()
    {
        await using var world = await SwitchWorld.CreateAsync();
        var cabinet = await world.AddCabinetAsync(300);
        var paidBefore = world.Server.Paid.Sum(request => request.Inputs.Count);
        var catalog = await Catalog.DescribeAsync(world.Database.Source);
        Assert.True(await world.Switch.BeginAsync(SwitchWorld.Next, Stop));
        await world.AssertSearchIsWholeAsync(cabinet);

        // The process dies with its third request under way.
        using var kill = new CancellationTokenSource();
        var asked = 0;
        world.NextServer.BeforeAnswer = _ => Interlocked.Increment(ref asked) == 3 ? kill.CancelAsync() : Task.CompletedTask;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => world.RunAsync(cabinet, kill: kill.Token));
        world.NextServer.BeforeAnswer = null;
        var lost = world.NextServer.Paid.Sum(request => request.Inputs.Count)
            - (await world.ScalarAsync<long>("SELECT count(DISTINCT chunk_hash) FROM rag_metadata WHERE next_hash IS NOT NULL"));
        Assert.False(await world.HasMovedAsync(cabinet));
        await world.AssertSearchIsWholeAsync(cabinet);

        await world.ChangeRowsAsync(cabinet, 10);
        await world.AddRowsAsync(cabinet, 20);
        await world.DeleteRowsAsync(cabinet, 5);
        Assert.Equal(RunOutcome.Completed, (await world.RunAsync(cabinet)).Outcome);
        Assert.True(await world.HasMovedAsync(cabinet));
        await world.AssertRightAsync(cabinet);
        Assert.Equal(SearchRequest.MaxLimit, await world.AssertSearchIsWholeAsync(cabinet));

        await world.ChangeRowsAsync(cabinet, 7);
        await world.RunAsync(cabinet);
        await world.AssertRightAsync(cabinet);

        // Each text once for each generation, but for what was under way when the process died.
        var texts = await world.ScalarAsync<long>("SELECT count(DISTINCT chunk_hash) FROM rag_metadata");
        var paid = world.NextServer.Paid.SelectMany(request => request.Inputs).ToList();
        Assert.InRange(paid.Count - paid.Distinct().Count(), 0L, lost);
        Assert.InRange(paid.Distinct().Count(), texts, texts + 22L);
        Assert.InRange(world.Server.Paid.Sum(request => request.Inputs.Count) - paidBefore, 0, 37);

        Assert.True(await world.Switch.FinishAsync(Stop));
        Assert.False(await world.Switch.FinishAsync(Stop));
        await world.AssertRightAsync(cabinet, SwitchWorld.NextLength, nextLength: null);
        Assert.Equal(
            catalog.Select(line => line.Replace("vector(1536)", "vector(768)", StringComparison.Ordinal)),
            (await Catalog.DescribeAsync(world.Database.Source)).Select(line => line.Replace("vector(1536)", "vector(768)", StringComparison.Ordinal)));
        Assert.Equal(SwitchWorld.Next.Model, (await world.SearchAsync(cabinet, "вопрос")).Model);

        // The worker that was started before goes on, and so does a change.
        await world.ChangeRowsAsync(cabinet, 3);
        Assert.Equal(RunOutcome.Completed, (await world.RunAsync(cabinet)).Outcome);
        await world.AssertRightAsync(cabinet, SwitchWorld.NextLength, nextLength: null);
    }

    [Fact]
    [Trait("Guarantee", "model-change")]
    public async Task Given_up_the_former_generation_is_right_and_nothing_is_left()
    {
        await using var world = await SwitchWorld.CreateAsync();
        var cabinet = await world.AddCabinetAsync(40);
        var catalog = await Catalog.DescribeAsync(world.Database.Source);
        await world.Switch.BeginAsync(SwitchWorld.Next, Stop);
        await world.RunAsync(cabinet);
        Assert.True(await world.HasMovedAsync(cabinet));
        await world.ChangeRowsAsync(cabinet, 5);
        await world.RunAsync(cabinet);

        Assert.True(await world.Switch.AbandonAsync(Stop));
        Assert.False(await world.Switch.AbandonAsync(Stop));
        await world.AssertRightAsync(cabinet, nextLength: null);
        Assert.Equal(catalog, Without768(await Catalog.DescribeAsync(world.Database.Source)));
        Assert.Equal((SwitchWorld.Active.Model, 40), ((await world.SearchAsync(cabinet, "вопрос")).Model, (await world.SearchAsync(cabinet, "вопрос")).Hits.Count));

        // And once more: nothing of the first try counts as done.
        world.NextServer.ForgetRequests();
        await world.Switch.BeginAsync(SwitchWorld.Next, Stop);
        Assert.False(await world.HasMovedAsync(cabinet));
        Assert.Equal(40, await world.AssertSearchIsWholeAsync(cabinet));
        await world.RunAsync(cabinet);
        Assert.Equal(await world.ScalarAsync<long>("SELECT count(DISTINCT chunk_hash) FROM rag_metadata"), world.NextServer.Paid.Sum(request => request.Inputs.Count));
        await world.AssertRightAsync(cabinet);
        Assert.True(await world.Switch.FinishAsync(Stop));
    }

    [Fact]
    [Trait("Guarantee", "model-change")]
    public async Task Finishing_is_refused_while_a_cabinet_has_not_moved()
    {
        await using var world = await SwitchWorld.CreateAsync();
        var moved = await world.AddCabinetAsync(5);
        var waits = await world.AddCabinetAsync(5);
        await world.Switch.BeginAsync(SwitchWorld.Next, Stop);
        await world.RunAsync(moved);
        var refusal = await Assert.ThrowsAsync<ModelSwitchException>(() => world.Switch.FinishAsync(Stop));
        Assert.Contains($"1 cabinet has not moved to the next generation yet ({waits})", refusal.Message, StringComparison.Ordinal);
        await world.AssertRightAsync(moved);
        await world.AssertRightAsync(waits, nextLength: null);

        // A hidden one is not waited for: it is embedded when it comes back.
        await world.ExecuteAsync("UPDATE rag_index_status SET is_active = false WHERE cabinet_id = $1", waits);
        Assert.True(await world.Switch.FinishAsync(Stop));
        await world.ExecuteAsync("UPDATE rag_index_status SET is_active = true WHERE cabinet_id = $1", waits);
        await world.RunAsync(waits);
        await world.AssertRightAsync(waits, SwitchWorld.NextLength, nextLength: null);
    }

    [Fact]
    [Trait("Guarantee", "model-change")]
    public async Task A_worker_that_does_not_know_the_next_keeps_the_active_right()
    {
        await using var world = await SwitchWorld.CreateAsync();
        var former = world.AddWorker(knowsNext: false);
        var cabinet = await world.AddCabinetAsync(30);
        await world.Switch.BeginAsync(SwitchWorld.Next, Stop);
        await world.ChangeRowsAsync(cabinet, 4);
        Assert.Equal((RunOutcome.Completed, 1), Brief(await world.RunAsync(cabinet, former)));
        Assert.Empty(world.NextServer.Requests);
        Assert.DoesNotContain((await former.GetRequiredService<SweepQuery>().FindAsync(Stop)).Due, due => due.Reason == SweepReason.NextGeneration);
        await world.RunAsync(cabinet);
        Assert.True(await world.HasMovedAsync(cabinet));

        // It answers by the vectors it can compare; those who know the next one by that.
        await world.ChangeRowsAsync(cabinet, 4);
        await world.RunAsync(cabinet, former);
        var answer = await world.SearchAsync(cabinet, "вопрос", former);
        Assert.Equal((SwitchWorld.Active.Model, 30), (answer.Model, answer.Hits.Count));
        Assert.All(await world.ChunksAsync(cabinet), chunk => Assert.Equal(FakeEmbeddingsServer.VectorOf(chunk.Text, SwitchWorld.Length), chunk.Vector));
        Assert.Contains(
            (await world.Worker.GetRequiredService<SweepQuery>().FindAsync(Stop)).Due, due => due.CabinetId == cabinet && due.Reason == SweepReason.NextGeneration);
        await world.RunAsync(cabinet);
        await world.AssertRightAsync(cabinet);
    }

    [Theory]
    [Trait("Guarantee", "model-change")]
    [InlineData(401)]
    [InlineData(429)]
    [InlineData(500)]
    public async Task Trouble_of_the_next_provider_holds_up_nothing_else(int status)
    {
        await using var world = await SwitchWorld.CreateAsync();
        var cabinet = await world.AddCabinetAsync(40);
        await world.Switch.BeginAsync(SwitchWorld.Next, Stop);
        world.NextServer.Behaviour = _ => FakeAnswer.Error(status);
        await world.ChangeRowsAsync(cabinet, 5);
        var run = await world.RunAsync(cabinet);
        Assert.Equal((status == 401 ? RunOutcome.CompletedWithErrors : RunOutcome.Completed, null), (run.Outcome, run.NotBefore));
        Assert.False(await world.HasMovedAsync(cabinet));
        Assert.False(await world.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM rag_provider WHERE not_before IS NOT NULL)"));
        Assert.All(await world.ChunksAsync(cabinet), chunk => Assert.Equal(FakeEmbeddingsServer.VectorOf(chunk.Text, SwitchWorld.Length), chunk.Vector));

        world.NextServer.Behaviour = null;
        await world.ExecuteAsync("DELETE FROM rag_next_provider");
        await world.RunAsync(cabinet);
        await world.AssertRightAsync(cabinet);
    }

    [Fact]
    [Trait("Guarantee", "model-change")]
    public async Task A_text_the_next_model_refuses_keeps_the_cabinet_where_it_is()
    {
        await using var world = await SwitchWorld.CreateAsync();
        var cabinet = await world.AddCabinetAsync(20);
        await world.ExecuteAsync("UPDATE wb_reviews SET text = 'яд' WHERE id = (SELECT min(id) FROM wb_reviews)");
        await world.ChangeRowsAsync(cabinet, 0);
        await world.Worker.GetRequiredService<IndexRequests>().StoreAsync(cabinet, Core.RunMode.Full, false, Stop);
        await world.RunAsync(cabinet);
        await world.Switch.BeginAsync(SwitchWorld.Next, Stop);
        world.NextServer.Behaviour = request => request.Inputs.Any(text => text.Contains("яд", StringComparison.Ordinal)) ? FakeAnswer.Error(400, "invalid_input") : null;
        await world.RunAsync(cabinet);
        Assert.False(await world.HasMovedAsync(cabinet));
        Assert.Equal(20, await world.AssertSearchIsWholeAsync(cabinet));
        var status = (await world.Worker.GetRequiredService<IndexStatusReader>().ReadAsync(cabinet, Stop)).NextGeneration;
        Assert.Equal(new NextGenerationStatus(SwitchWorld.Next.Model, SwitchWorld.NextLength, 19, 20, 1, Serves: false), status);
        Assert.DoesNotContain((await world.Worker.GetRequiredService<SweepQuery>().FindAsync(Stop)).Due, due => due.Reason == SweepReason.NextGeneration);

        await world.ExecuteAsync("UPDATE wb_reviews SET text = 'мёд' WHERE text = 'яд'");
        await world.Worker.GetRequiredService<IndexRequests>().StoreAsync(cabinet, Core.RunMode.Full, false, Stop);
        await world.RunAsync(cabinet);
        Assert.True(await world.HasMovedAsync(cabinet));
    }

    [Fact]
    [Trait("Guarantee", "model-change")]
    public async Task A_vector_that_is_missing_is_built_before_the_cabinet_moves()
    {
        await using var world = await SwitchWorld.CreateAsync();
        var cabinet = await world.AddCabinetAsync(20);
        await world.Switch.BeginAsync(SwitchWorld.Next, Stop);

        // One text keeps the cabinet from moving, until something that is not this system's has taken vectors away.
        world.NextServer.Behaviour = request => request.Inputs.Any(text => text.Contains("номер 7 ", StringComparison.Ordinal)) ? FakeAnswer.Error(400, "invalid_input") : null;
        await world.RunAsync(cabinet);
        await world.ExecuteAsync("DELETE FROM rag_next_embeddings WHERE id IN (SELECT id FROM rag_next_embeddings LIMIT 5)");
        await world.ExecuteAsync("UPDATE rag_metadata SET next_retry_at = NULL");
        world.NextServer.Behaviour = null;
        await world.RunAsync(cabinet);
        Assert.False(await world.HasMovedAsync(cabinet));
        Assert.Equal(20, await world.AssertSearchIsWholeAsync(cabinet));

        await world.RunAsync(cabinet);
        await world.AssertRightAsync(cabinet);
        Assert.True(await world.HasMovedAsync(cabinet));
    }

    [Fact]
    [Trait("Guarantee", "model-change")]
    public async Task Readers_by_SQL_are_answered_in_either_model_until_the_end()
    {
        await using var world = await SwitchWorld.CreateAsync();
        var cabinet = await world.AddCabinetAsync(30);
        await world.Switch.BeginAsync(SwitchWorld.Next, Stop);
        Assert.Equal(30, await CountAsync(SwitchWorld.Active));
        await Assert.ThrowsAsync<PostgresException>(() => CountAsync(SwitchWorld.Next));
        await world.RunAsync(cabinet);
        Assert.Equal(SwitchWorld.Next.Model, await world.ScalarAsync<string>("SELECT rag_model_of($1)", cabinet));
        Assert.Equal((30, 30), (await CountAsync(SwitchWorld.Active), await CountAsync(SwitchWorld.Next)));
        Assert.Equal((30, 30), (await CountAsync(SwitchWorld.Active, exactUpTo: 0), await CountAsync(SwitchWorld.Next, exactUpTo: 0)));
        await Assert.ThrowsAsync<PostgresException>(() => CountAsync(new EmbedderIdentity("third", SwitchWorld.NextLength)));
        await world.Switch.FinishAsync(Stop);
        Assert.Equal((30, 30), (await CountAsync(SwitchWorld.Next), await CountAsync(SwitchWorld.Next, exactUpTo: 0)));
        await Assert.ThrowsAsync<PostgresException>(() => CountAsync(SwitchWorld.Active));

        async Task<long> CountAsync(EmbedderIdentity asked, long exactUpTo = 100_000) => await world.ScalarAsync<long>(
            "SELECT count(*) FROM rag_search($1, $2, $3, 100, exact_up_to => $4) WHERE similarity IS NOT NULL",
            cabinet, new Pgvector.Vector(FakeEmbeddingsServer.VectorOf("вопрос", asked.Dimensions)), asked.Model, exactUpTo);
    }

    [Fact]
    [Trait("Guarantee", "model-change")]
    public async Task A_view_over_the_former_vectors_stops_the_end_and_is_named()
    {
        await using var world = await SwitchWorld.CreateAsync();
        var cabinet = await world.AddCabinetAsync(5);
        await world.Switch.BeginAsync(SwitchWorld.Next, Stop);
        await world.RunAsync(cabinet);
        await world.ExecuteAsync("CREATE VIEW somebodys AS SELECT metadata_id FROM rag_embeddings");
        var refusal = await Assert.ThrowsAsync<ModelSwitchException>(() => world.Switch.FinishAsync(Stop));
        Assert.Contains("somebodys", refusal.Message, StringComparison.Ordinal);
        await world.AssertRightAsync(cabinet);
        await world.ExecuteAsync("DROP VIEW somebodys");
        Assert.True(await world.Switch.FinishAsync(Stop));
    }

    [Fact]
    [Trait("Guarantee", "model-change")]
    public async Task Whoever_may_read_the_former_vectors_may_read_the_new_ones()
    {
        await using var world = await SwitchWorld.CreateAsync();
        var role = $"reader_{Guid.NewGuid():N}";
        await world.ExecuteAsync($"CREATE ROLE {role}; GRANT SELECT ON rag_embeddings TO {role}");
        try
        {
            var cabinet = await world.AddCabinetAsync(3);
            await world.Switch.BeginAsync(SwitchWorld.Next, Stop);
            await world.RunAsync(cabinet);

            // Granted meanwhile, which the new table does not know yet.
            await world.ExecuteAsync($"GRANT UPDATE ON rag_embeddings TO {role}");
            await world.Switch.FinishAsync(Stop);
            Assert.True(await world.ScalarAsync<bool>($"SELECT has_table_privilege('{role}', 'rag_embeddings', 'SELECT') AND has_table_privilege('{role}', 'rag_embeddings', 'UPDATE')"));
        }
        finally
        {
            await world.ExecuteAsync($"DROP OWNED BY {role}; DROP ROLE {role}");
        }
    }

    [Fact]
    [Trait("Guarantee", "model-change")]
    public async Task Searches_and_runs_at_the_same_time_survive_the_end()
    {
        await using var world = await SwitchWorld.CreateAsync();
        var cabinet = await world.AddCabinetAsync(60);
        await world.Switch.BeginAsync(SwitchWorld.Next, Stop);
        await world.RunAsync(cabinet);
        using var end = new CancellationTokenSource();
        var searches = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            var count = 0;
            for (; !end.IsCancellationRequested; count++)
            {
                Assert.Equal(60, (await world.SearchAsync(cabinet, "вопрос")).Hits.Count);
            }

            return count;
        }, Stop)).ToList();
        var runs = Task.Run(
            async () =>
            {
                while (!end.IsCancellationRequested)
                {
                    await world.ChangeRowsAsync(cabinet, 3);
                    await world.RunAsync(cabinet);
                }
            },
            Stop);
        Assert.True(await world.Switch.FinishAsync(Stop));
        await end.CancelAsync();
        Assert.All(await Task.WhenAll(searches), count => Assert.True(count > 0));
        await runs;
        await world.ExecuteAsync("UPDATE rag_index_status SET lease_expires_at = now(), not_before = NULL");
        await world.RunAsync(cabinet);
        await world.AssertRightAsync(cabinet, SwitchWorld.NextLength, nextLength: null);
    }

    [Theory]
    [Trait("Guarantee", "model-change")]
    [InlineData("text-embedding-3-large", true)]
    [InlineData("another-model", false)]
    public async Task Of_two_that_begin_at_once_one_does(string model, bool isTheSame)
    {
        await using var world = await SwitchWorld.CreateAsync();
        var cabinet = await world.AddCabinetAsync(5);
        var other = world.AddWorker(configure: settings => settings["Embeddings:Next:Model"] = model).GetRequiredService<ModelSwitch>();
        Task<bool>[] both = [BeginAsync(world.Switch, SwitchWorld.Next), BeginAsync(other, new EmbedderIdentity(model, SwitchWorld.NextLength))];
        if (isTheSame)
        {
            Assert.Equal([false, true], (await Task.WhenAll(both)).Order());
        }
        else
        {
            var refusal = await Assert.ThrowsAsync<ModelSwitchException>(() => Task.WhenAll(both));
            Assert.Contains("The index is changing to", refusal.Message, StringComparison.Ordinal);
            Assert.True(await both.Single(one => one.IsCompletedSuccessfully));
        }

        // Whichever it was can be given up, and the one after it is whole.
        Assert.True(await world.Switch.AbandonAsync(Stop));
        Assert.True(await world.Switch.BeginAsync(SwitchWorld.Next, Stop));
        await world.RunAsync(cabinet);
        await world.AssertRightAsync(cabinet);

        static Task<bool> BeginAsync(ModelSwitch change, EmbedderIdentity next) => Task.Run(() => change.BeginAsync(next, Stop), Stop);
    }

    private static (string Outcome, int Rounds) Brief(RunSummary run) => (run.Outcome, run.Rounds);

    private static List<string> Without768(List<string> catalog) => [.. catalog.Select(line => line.Replace("vector(768)", "vector(1536)", StringComparison.Ordinal))];
}
