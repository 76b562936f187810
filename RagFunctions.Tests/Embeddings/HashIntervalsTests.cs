using System.Globalization;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using RagFunctions.Core.Embeddings;

namespace RagFunctions.Tests.Embeddings;

public sealed class HashIntervalsTests
{
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
        var pending = Enumerable.Range(0, 1_000_000).Select(i => (Prefix: Hex(i), Tokens: 150)).ToList();
        var plan = new PlanEmbeddingResult(false, pending.Count, HashIntervals.Cut(pending, 256, 40_000, parallel: 8));
        Assert.InRange(plan.Intervals.Count, 190, HashIntervals.Max);
        Assert.InRange(JsonSerializer.SerializeToUtf8Bytes(plan).Length, 1, 24_000);
    }

    [Fact]
    public void A_few_full_requests_are_spread_and_borders_are_short()
    {
        var pending = Enumerable.Range(0, 1_000).Select(i => (Prefix: Hex(i * 4_000_000_000_000_000_000L / 1_000), Tokens: 10)).ToList();
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

    [Fact]
    public void Nothing_pending_needs_no_request() => Assert.Empty(HashIntervals.Cut([], 256, 40_000, parallel: 8));

    [Theory]
    [InlineData(64, 1)]
    [InlineData(65, 2)]
    [InlineData(128, 2)]
    [InlineData(129, 3)]
    public void Requests_are_not_spread_below_64_texts(int texts, int requests) =>
        Assert.Equal(requests, HashIntervals.Cut(Numbered(texts, tokens: 1), 256, 40_000, parallel: 100).Count);

    [Theory]
    [InlineData(10, 1)]
    [InlineData(11, 2)]
    public void A_request_is_full_at_its_token_budget_and_not_before(int texts, int requests) =>
        Assert.Equal(requests, HashIntervals.Cut(Numbered(texts, tokens: 100), 256, 1_000, parallel: 1).Count);

    [Fact]
    public void A_text_above_the_budget_stands_alone() => Assert.Equal(
        [new HashInterval(null, "0000000000000002"), new HashInterval("0000000000000002", "0000000000000003"), new HashInterval("0000000000000003", null)],
        HashIntervals.Cut([(Hex(1), 5_000), (Hex(2), 5_000), (Hex(3), 5)], 256, 1_000, parallel: 1));

    [Theory]
    [InlineData(199 * 256, 256)]
    [InlineData((199 * 256) + 1, 257)]
    public void Counts_grow_only_where_half_the_allowance_is_used_up(int texts, int perRequest)
    {
        var pending = Numbered(texts, tokens: 1);
        var intervals = HashIntervals.Cut(pending, 256, int.MaxValue, parallel: 1);
        Assert.Equal(Hex(perRequest), intervals[0].To!.PadRight(16, '0'));
    }

    [Theory]
    [InlineData(1_990, 10, 10)]
    [InlineData(19_900, 10, 20)]
    [InlineData(19_901, 10, 20)]
    public void Token_budgets_grow_only_where_half_the_allowance_is_used_up(int texts, int budget, int perRequest)
    {
        var intervals = HashIntervals.Cut(Numbered(texts, tokens: 1), int.MaxValue, budget, parallel: 1);
        Assert.True(intervals.Count <= HashIntervals.Max);
        Assert.True(intervals.Count >= texts / (perRequest * 12), $"{intervals.Count} intervals of {texts} texts");
    }

    private static List<(string Prefix, int Tokens)> Numbered(int texts, int tokens) => [.. Enumerable.Range(0, texts).Select(i => (Hex(i), tokens))];

    private static string Hex(long number) => number.ToString("x16", CultureInfo.InvariantCulture);

    private static bool Holds(HashInterval interval, string hash) =>
        (interval.From is null || string.CompareOrdinal(hash, interval.From) >= 0) && (interval.To is null || string.CompareOrdinal(hash, interval.To) < 0);
}
