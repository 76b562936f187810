using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Tests.Faults;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Store;

/// <summary>
/// Whatever happens to source, deltas, deliveries and connections: after one healthy run the index is what the source says, every
/// stored vector is that of its stored text, and the queue is empty.
/// </summary>
public sealed class ConvergenceTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    [Fact]
    public Task After_any_story_one_healthy_run_makes_the_index_right() => PlayAsync(150);

    [Fact(Explicit = true)]
    public Task After_any_of_ten_thousand_stories_one_healthy_run_makes_the_index_right() => PlayAsync(10_000);

    private static Gen<StoryStep> Steps =>
        from act in Gen.Frequency(
            (8, Gen.Constant(StoryAct.Insert)), (3, Gen.Constant(StoryAct.Change)), (3, Gen.Constant(StoryAct.Delete)), (3, Gen.Constant(StoryAct.Rename)),
            (3, Gen.Constant(StoryAct.Hide)), (1, Gen.Constant(StoryAct.TimePasses)), (5, Gen.Constant(StoryAct.Round)), (1, Gen.Constant(StoryAct.FullRound)),
            (2, Gen.Constant(StoryAct.TwoDeliveriesAtOnce)), (1, Gen.Constant(StoryAct.LateDelivery)), (2, Gen.Constant(StoryAct.Embed)), (1, Gen.Constant(StoryAct.ForeignIds)))
        from which in Gen.Choose(0, 4)
        from row in Gen.Choose(0, 60)
        from news in Gen.Frequency(
            (5, Gen.Constant(StoryNews.InTheSameTransaction)), (3, Gen.Constant(StoryNews.AfterItsCommit)),
            (3, Gen.Constant(StoryNews.InATransactionThatCommitsLate)), (1, Gen.Constant(StoryNews.NotAtAll)))
        from faultAt in Gen.Frequency((1, Gen.Constant(0)), (2, Gen.Choose(1, 40)))
        from answerLost in Gen.Elements(true, false)
        select new StoryStep(act, which, row, news, faultAt, answerLost);

    private async Task PlayAsync(int stories)
    {
        var seed = (ulong)Random.Shared.NextInt64();
        var output = TestContext.Current.TestOutputHelper;
        output?.WriteLine($"seed {seed}");
        await using var proxy = new FaultProxy(fixture.ConnectionString);
        var mainSource = NpgsqlDataSource.Create(proxy.ConnectionString);
        var ragBuilder = new NpgsqlDataSourceBuilder(proxy.ConnectionString);
        ragBuilder.UseVector();
        await using var main = new MainDatabase(mainSource);
        await using var rag = new RagDatabase(ragBuilder.Build());

        var arbitrary = Gen.ListOf(Steps).Resize(30).ToArbitrary();
        var property = Prop.ForAll(arbitrary, steps =>
        {
            Task.Run(async () =>
            {
                await using var story = new Story(fixture, proxy, main, rag);
                await story.PlayAsync([.. steps]);
            }).GetAwaiter().GetResult();
        });
        var config = Config.QuickThrowOnFailure.WithMaxTest(stories).WithReplay(
            FSharpOption<Replay>.Some(new Replay(new Rnd(seed), FSharpOption<int>.None)));
        await Task.Run(() => Check.One(config, property), TestContext.Current.CancellationToken);
        output?.WriteLine($"{stories} stories, {proxy.Struck} connections cut");
        Assert.True(proxy.Struck > stories / 10);
    }
}
