using System.Globalization;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using RagFunctions.Core.Embeddings;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Embeddings;

public sealed class EmbeddingPlannerTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    [Fact]
    public async Task The_intervals_of_a_plan_embed_every_text_exactly_once()
    {
        await using var scene = await EmbeddingScene.SetAsync(fixture, options => options.MaxInputsPerRequest = 64);
        string[] texts = [.. Enumerable.Range(1, 500).Select(i => $"текст {i % 450}")];
        await scene.AddChunksAsync(texts);
        var plan = await scene.PlanAsync();
        Assert.Equal(500, plan.PendingChunks);
        Assert.InRange(plan.Intervals.Count, 8, 9);
        var results = await Task.WhenAll(plan.Intervals.Select(interval => scene.EmbedAsync(interval)));
        Assert.Equal((500, plan.Intervals.Count), (results.Sum(result => result.Embedded), results.Sum(result => (int)result.Requests)));
        var sent = scene.Server.Requests.SelectMany(request => request.Inputs).ToList();
        Assert.Equal(450, sent.Count);
        Assert.Equal(450, sent.Distinct().Count());
        await scene.AssertEmbeddedAsync(_ => true);
        Assert.Empty((await scene.PlanAsync()).Intervals);
    }

    [Fact]
    [Trait("Defect", "61")]
    public async Task Tokens_too_close_a_request()
    {
        await using var scene = await EmbeddingScene.SetAsync(fixture, options => options.MaxTokensPerRequest = 2_000);
        await scene.AddChunksAsync([.. Enumerable.Range(1, 20).Select(i => $"{i} {new string('я', 1_000)}")]);
        var plan = await scene.PlanAsync();
        var results = await Task.WhenAll(plan.Intervals.Select(interval => scene.EmbedAsync(interval)));
        Assert.Equal(10, plan.Intervals.Count);
        Assert.All(scene.Server.Requests, request => Assert.InRange(request.Tokens, 1, 2_000));
        Assert.Equal(20, results.Sum(result => result.Embedded));
    }

    [Fact]
    public async Task Work_of_another_cabinet_and_texts_not_due_are_not_planned()
    {
        await using var other = await EmbeddingScene.SetAsync(fixture);
        await other.AddChunksAsync("чужой");
        await using var scene = await EmbeddingScene.SetAsync(fixture);
        await scene.AddChunksAsync("ждёт", "не ждёт", "позже", "уже");
        await scene.ExecuteAsync("UPDATE rag_metadata SET embedded_hash = chunk_hash WHERE cabinet_id = $1 AND chunk_text = 'не ждёт'", scene.CabinetId);
        await scene.ExecuteAsync(
            """
            UPDATE rag_metadata SET next_attempt_at = now() + CASE chunk_text WHEN 'позже' THEN interval '1 minute' ELSE interval '-1 minute' END
            WHERE cabinet_id = $1 AND chunk_text IN ('позже', 'уже')
            """,
            scene.CabinetId);
        Assert.Equal(2, (await scene.PlanAsync()).PendingChunks);
    }

    [Fact]
    public async Task Nothing_pending_is_an_empty_plan()
    {
        await using var scene = await EmbeddingScene.SetAsync(fixture);
        var plan = await scene.PlanAsync();
        Assert.Equal((false, 0), (plan.Superseded, plan.PendingChunks));
        Assert.Empty(plan.Intervals);
    }

    [Property(MaxTest = 200)]
    public Property Intervals_cover_every_hash_once_within_the_limits() => Prop.ForAll(
        Gen.Choose(1, 3_000).SelectMany(count => Gen.Choose(1, 300).SelectMany(inputs => Gen.Choose(1, 20_000).SelectMany(tokens =>
            Gen.Choose(0, int.MaxValue).Select(seed => (count, inputs, tokens, seed))))).ToArbitrary(),
        given =>
        {
#pragma warning disable CA5394 // Reproducible, not secret.
            var random = new System.Random(given.seed);
            var pending = Enumerable.Range(0, given.count)
                .Select(_ => (Prefix: random.NextInt64().ToString("x16", CultureInfo.InvariantCulture), Tokens: random.Next(1, 2_000)))
                .DistinctBy(item => item.Prefix).OrderBy(item => item.Prefix, StringComparer.Ordinal).ToList();
#pragma warning restore CA5394
            var intervals = HashIntervals.Cut(pending, given.inputs, given.tokens, parallel: 8);
            Assert.InRange(intervals.Count, 1, HashIntervals.Max);
            Assert.Null(intervals[0].From);
            Assert.Null(intervals[^1].To);
            Assert.All(intervals.Zip(intervals.Skip(1)), pair => Assert.Equal(pair.First.To, pair.Second.From));
            var sizes = intervals.Select(interval => pending.Where(item => Holds(interval, item.Prefix)).ToList()).ToList();
            Assert.Equal(pending.Count, sizes.Sum(size => size.Count));
            if (pending.Count <= 190 * given.inputs && pending.Sum(item => item.Tokens) <= 90 * given.tokens)
            {
                Assert.All(sizes, size => Assert.True(
                    size.Count == 1 || (size.Count <= given.inputs && size.Sum(item => item.Tokens) <= given.tokens)));
            }
        });

    [Fact]
    [Trait("Defect", "36")]
    public void A_plan_of_a_million_texts_is_far_below_32_KB()
    {
        var pending = Enumerable.Range(0, 1_000_000).Select(i => (Prefix: i.ToString("x16", CultureInfo.InvariantCulture), Tokens: 150)).ToList();
        var plan = new PlanEmbeddingResult(false, pending.Count, HashIntervals.Cut(pending, 256, 40_000, parallel: 8));
        Assert.InRange(plan.Intervals.Count, 190, HashIntervals.Max);
        Assert.InRange(JsonSerializer.SerializeToUtf8Bytes(plan).Length, 1, 24_000);
    }

    [Fact]
    public void A_few_full_requests_are_spread_and_borders_are_short()
    {
        var pending = Enumerable.Range(0, 1_000).Select(i => (Prefix: (i * 4_000_000_000_000_000_000L / 1_000).ToString("x16", CultureInfo.InvariantCulture), Tokens: 10)).ToList();
        var intervals = HashIntervals.Cut(pending, 256, 40_000, parallel: 8);
        Assert.Equal(8, intervals.Count);
        Assert.All(intervals.Skip(1), interval => Assert.InRange(interval.From!.Length, 1, 4));
        Assert.Single(HashIntervals.Cut(pending[..60], 256, 40_000, parallel: 8));
    }

    [Fact]
    public void Texts_whose_hashes_begin_alike_are_never_cut_apart()
    {
        List<(string, int)> pending = [.. Enumerable.Repeat(("00000000000000aa", 10), 500), ("00000000000000ab", 10)];
        Assert.Equal([new HashInterval(null, "00000000000000ab"), new HashInterval("00000000000000ab", null)], HashIntervals.Cut(pending, 64, 40_000, 8));
    }

    private static bool Holds(HashInterval interval, string hash) =>
        (interval.From is null || string.CompareOrdinal(hash, interval.From) >= 0) && (interval.To is null || string.CompareOrdinal(hash, interval.To) < 0);
}
