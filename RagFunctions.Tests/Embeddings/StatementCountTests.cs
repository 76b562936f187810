using System.Collections.Concurrent;
using System.Diagnostics;
using RagFunctions.Core.Embeddings;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Embeddings;

/// <summary>Npgsql starts an activity for each command or batch: one round trip.</summary>
public sealed class StatementCountTests
{
    [Fact]
    [Trait("Guarantee", "bounded")]
    public async Task Round_trips_of_planning_and_batches_do_not_grow_with_the_texts()
    {
        var counts = new List<(int Plan, int Batch)>();
        foreach (var texts in (int[])[10, 500, 5_000])
        {
            await using var database = await TestDatabase.CreateAsync();
            await using var scene = await EmbeddingScene.SetAsync(database, 1, options => (options.MaxInputsPerRequest, options.MaxTokensPerRequest) = (2_048, 300_000));
            await scene.AddChunksAsync([.. Enumerable.Range(0, texts).Select(i => $"текст {i % 2_000}")]);
            var plan = await CountAsync(database, () => scene.PlanAsync());
            var batch = await CountAsync(database, async () => Assert.Equal(texts, (await scene.EmbedAllAsync()).Embedded));
            counts.Add((plan, batch));
        }

        Assert.Single(counts.Select(count => count.Batch).Distinct());
        Assert.Equal(counts[0].Plan, counts[1].Plan);
        Assert.True(counts[2].Plan <= counts[0].Plan + 1, "a load costs one more: its statistics");
    }

    [Theory]
    [InlineData(EmbeddingPlanner.LoadFrom - 1, 0, false)]
    [InlineData(EmbeddingPlanner.LoadFrom, 0, true)]
    [InlineData(EmbeddingPlanner.LoadFrom, EmbeddingPlanner.LoadFrom * 2, true)]
    [InlineData(EmbeddingPlanner.LoadFrom, (EmbeddingPlanner.LoadFrom * 2) + 2, false)]
    public async Task After_a_load_of_half_a_cabinet_statistics_are_fresh(int texts, long before, bool known)
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, 1, _ => { });
        await scene.AddChunksAsync([.. Enumerable.Range(0, texts).Select(i => $"текст {i}")]);
        await scene.ExecuteAsync("UPDATE rag_index_status SET total_chunks = $2 WHERE cabinet_id = $1", scene.CabinetId, before);
        await scene.PlanAsync();
        await using var rows = database.Source.CreateCommand("SELECT reltuples >= $1 FROM pg_class WHERE oid = 'rag_metadata'::regclass");
        rows.Parameters.Add(new() { Value = (float)texts });
        Assert.Equal(known, await rows.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    [Trait("Defect", "24")]
    public async Task Each_further_request_of_a_batch_adds_the_same_number()
    {
        var counts = new List<int>();
        foreach (var texts in (int[])[20, 30, 40])
        {
            await using var database = await TestDatabase.CreateAsync();
            await using var scene = await EmbeddingScene.SetAsync(database, 1, options => options.MaxInputsPerRequest = 10);
            await scene.AddChunksAsync([.. Enumerable.Range(0, texts).Select(i => $"текст {i}")]);
            counts.Add(await CountAsync(database, () => scene.EmbedAllAsync()));
        }

        Assert.Equal(counts[1] - counts[0], counts[2] - counts[1]);
    }

    private static async Task<int> CountAsync(TestDatabase database, Func<Task> step)
    {
        // A name as the marker: other tests run beside this one.
        using var marker = new Activity("counted").SetIdFormat(ActivityIdFormat.W3C).Start();
        var seen = new ConcurrentQueue<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.Parent.TraceId == marker.TraceId ? ActivitySamplingResult.AllData : ActivitySamplingResult.None,
            ActivityStopped = activity =>
            {
                if (activity.TraceId == marker.TraceId && activity.GetTagItem("db.query.text") is not null)
                {
                    seen.Enqueue(activity.DisplayName);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        await step();
        return seen.Count;
    }
}
