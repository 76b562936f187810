using System.Diagnostics;
using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using RagFunctions.Tests.Faults;

namespace RagFunctions.Tests.Stories;

/// <summary>
/// Whatever happens to source, deltas, deliveries, leases, connections and the embeddings provider: after one healthy run the index
/// is what the source says, every stored vector is that of its stored text, nothing is queued and nothing pending.
/// </summary>
public sealed class ConvergenceTests
{
    private const int MaxSteps = 30;

    private static Gen<StoryRun> Runs =>
        from delivery in Gen.Frequency(
            (3, Gen.Constant(StoryDelivery.Once)), (1, Gen.Constant(StoryDelivery.TwiceInARow)), (2, Gen.Constant(StoryDelivery.TwiceAtOnce)))
        from atCommit in Gen.Elements(true, false)
        from faultAt in Gen.Frequency((1, Gen.Constant(0)), (2, atCommit ? Gen.Choose(1, 12) : Gen.Choose(1, 70)))
        from cuts in Gen.Frequency((2, Gen.Constant(1)), (1, Gen.Choose(2, 8)))
        from answerLost in Gen.Elements(true, false)
        from interruption in Gen.Frequency(
            (3, Gen.Constant(StoryInterruption.None)), (4, Gen.Constant(StoryInterruption.Change)), (2, Gen.Constant(StoryInterruption.Rename)),
            (2, Gen.Constant(StoryInterruption.Delete)), (2, Gen.Constant(StoryInterruption.WhileEmbedding)), (1, Gen.Constant(StoryInterruption.Overtaken)), (1, Gen.Constant(StoryInterruption.TakenOver)), (1, Gen.Constant(StoryInterruption.TakenOverByAnother)),
            (1, Gen.Constant(StoryInterruption.LateDelivery)), (4, Gen.Constant(StoryInterruption.DatabaseTurns)), (1, Gen.Constant(StoryInterruption.ClockJumps)))
        from interruptedAt in Gen.Choose(1, 70)
        from trouble in Gen.Elements(Enum.GetValues<DatabaseTrouble>())
        select new StoryRun(delivery, faultAt, atCommit, cuts, answerLost, interruption, interruptedAt, trouble);

    private static Gen<StoryStep> Steps =>
        from act in Gen.Frequency(
            (8, Gen.Constant(StoryAct.Insert)), (1, Gen.Constant(StoryAct.InsertPoison)), (3, Gen.Constant(StoryAct.Change)),
            (3, Gen.Constant(StoryAct.Delete)), (3, Gen.Constant(StoryAct.Rename)), (3, Gen.Constant(StoryAct.Hide)),
            (1, Gen.Constant(StoryAct.TimePasses)), (1, Gen.Constant(StoryAct.Switch)), (1, Gen.Constant(StoryAct.ForeignIds)),
            (1, Gen.Constant(StoryAct.RequestFull)), (3, Gen.Constant(StoryAct.ProviderTrouble)), (2, Gen.Constant(StoryAct.RetriesFallDue)),
            (2, Gen.Constant(StoryAct.LateDelivery)), (7, Gen.Constant(StoryAct.Run)))
        from which in Gen.Choose(0, 4)
        from row in Gen.Choose(0, 60)
        from news in Gen.Frequency(
            (5, Gen.Constant(StoryNews.InTheSameTransaction)), (3, Gen.Constant(StoryNews.AfterItsCommit)),
            (3, Gen.Constant(StoryNews.InATransactionThatCommitsLate)), (1, Gen.Constant(StoryNews.NotAtAll)))
        from trouble in Gen.Elements(Enum.GetValues<StoryTrouble>())
        from times in Gen.Choose(1, 6)
        from run in Runs
        select new StoryStep(act, which, row, news, trouble, times, run);

    [Fact]
    [Trait("Guarantee", "convergence")]
    [Trait("Defect", "26")]
    public Task After_any_story_one_healthy_run_makes_the_index_right() => PlayAsync(80, worlds: 2);

    /// <summary><c>RAG_STORIES</c> is how many.</summary>
    [Fact(Explicit = true)]
    public Task After_ten_thousand_stories_one_healthy_run_makes_the_index_right() => PlayAsync(
        int.TryParse(Environment.GetEnvironmentVariable("RAG_STORIES"), CultureInfo.InvariantCulture, out var many) ? many : 10_000, worlds: 4);

    private static async Task PlayAsync(int stories, int worlds)
    {
        var began = Stopwatch.GetTimestamp();
        var cuts = await Task.WhenAll(Enumerable.Range(0, worlds).Select(which => Task.Run(() => PlayInAWorldAsync(which, stories / worlds))));
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{stories} stories in {Stopwatch.GetElapsedTime(began).TotalSeconds:F1} s, {cuts.Sum()} connections cut"));
        Assert.True(cuts.Sum() > stories / 2, "hardly any connection was cut: the stories prove less than they say");
    }

    private static async Task<int> PlayInAWorldAsync(int which, int stories)
    {
        // RAG_STORY_SEED plays the stories of a failure again.
        var seed = Environment.GetEnvironmentVariable("RAG_STORY_SEED") is { Length: > 0 } given
            ? ulong.Parse(given, CultureInfo.InvariantCulture)
            : (ulong)Random.Shared.NextInt64();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        await using var world = await StoryWorld.CreateAsync(behindAPooler: which % 2 == 1, inTwoDatabases: which % 2 == 1);
        var property = Prop.ForAll(Arb.From(Gen.ListOf(Steps).Resize(MaxSteps), Shorter), steps =>
        {
            Task.Run(async () =>
            {
                var cabinet = await world.InMainAsync<long>(
                    "INSERT INTO wb_cabinets (api_key, name, is_active) VALUES (gen_random_uuid()::text, 'story', true) RETURNING id::bigint");
                await using var story = new Story(world, cabinet);
                await story.PlayAsync([.. steps]);
            }).GetAwaiter().GetResult();
        });
        var config = Config.QuickThrowOnFailure.WithMaxTest(stories).WithReplay(
            FSharpOption<Replay>.Some(new Replay(new Rnd(seed), FSharpOption<int>.None)));
        Check.One(config, property);
        return world.Proxy.Struck;
    }

    /// <summary>The story without its halves, then without single steps.</summary>
    private static IEnumerable<List<StoryStep>> Shorter(List<StoryStep> steps)
    {
        if (steps.Count > 3)
        {
            yield return [.. steps.Skip(steps.Count / 2)];
            yield return [.. steps.Take(steps.Count / 2)];
        }

        for (var i = 0; i < steps.Count; i++)
        {
            yield return [.. steps.Where((_, position) => position != i)];
        }
    }
}
