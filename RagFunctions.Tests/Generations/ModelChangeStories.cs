using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.FSharp.Core;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Search;
using RagFunctions.Dev.Fakes.Embeddings;

namespace RagFunctions.Tests.Generations;

/// <summary>
/// Whatever comes of writes, kills, troubles of either provider, and of changes of the model that are begun, given up, begun again and
/// finished: search is by one generation, whole, and after one healthy run every generation there is is right.
/// </summary>
public sealed class ModelChangeStories
{
    private const int MaxSteps = 14;

    private const string Forget = """
        UPDATE rag_metadata SET next_attempt_at = NULL, next_retry_at = NULL;
        DELETE FROM rag_provider;
        DELETE FROM rag_next_provider;
        UPDATE rag_changes SET next_attempt_at = NULL;
        UPDATE rag_index_status SET not_before = NULL, embedding_not_before = NULL;
        """;

    private const string StartAnew = "DELETE FROM rag_metadata; DELETE FROM rag_index_status; DELETE FROM rag_changes; DELETE FROM wb_reviews; DELETE FROM wb_cabinets";

    private enum Act
    {
        Add,
        Change,
        Delete,
        Run,
        KilledRun,
        Trouble,
        RetriesFallDue,
        Begin,
        Abandon,
        Finish,
        KilledFinish,
    }

    private static CancellationToken Stop => SwitchWorld.Stop;

    private static Gen<Step> Steps =>
        from act in Gen.Frequency(
            (3, Gen.Constant(Act.Add)), (3, Gen.Constant(Act.Change)), (1, Gen.Constant(Act.Delete)), (6, Gen.Constant(Act.Run)),
            (3, Gen.Constant(Act.KilledRun)), (2, Gen.Constant(Act.Trouble)), (1, Gen.Constant(Act.RetriesFallDue)), (4, Gen.Constant(Act.Begin)),
            (1, Gen.Constant(Act.Abandon)), (2, Gen.Constant(Act.Finish)), (1, Gen.Constant(Act.KilledFinish)))
        from number in Gen.Choose(1, 12)
        from status in Gen.Elements(400, 401, 429, 500)
        from next in Gen.Elements(true, false)
        select new Step(act, number, status, next);

    [Fact]
    [Trait("Guarantee", "model-change")]
    [Trait("Guarantee", "convergence")]
    public Task After_any_story_of_model_changes_every_generation_is_right() => PlayAsync(25);

    [Fact(Explicit = true)]
    public Task After_a_thousand_stories_of_model_changes_every_generation_is_right() => PlayAsync(1_000);

    private static async Task PlayAsync(int stories)
    {
        var seed = Environment.GetEnvironmentVariable("RAG_STORY_SEED") is { Length: > 0 } given
            ? ulong.Parse(given, CultureInfo.InvariantCulture)
            : (ulong)Random.Shared.NextInt64();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        await using var world = await SwitchWorld.CreateAsync();
        var (moves, ends) = (0, 0);
        var property = Prop.ForAll(Arb.From(Gen.ListOf(Steps).Resize(MaxSteps), Shorter), steps => Task.Run(async () =>
        {
            var told = await new Story(world).PlayAsync([.. steps]);
            (moves, ends) = (moves + told.Moves, ends + told.Ends);
        }).GetAwaiter().GetResult());
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(stories).WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(seed), FSharpOption<int>.None))), property);
        TestContext.Current.TestOutputHelper?.WriteLine($"{stories} stories, {moves} moves, {ends} changes finished");
        Assert.True(moves > 0 && ends > 0, "no change got far: the stories prove less than they say");
    }

    private static IEnumerable<List<Step>> Shorter(List<Step> steps) =>
        Enumerable.Range(0, steps.Count).Select(left => steps.Where((_, position) => position != left).ToList());

    private sealed record Step(Act Act, int Number, int Status, bool Next);

    private sealed class Story(SwitchWorld world)
    {
        private int _troubles;
        private int _status;
        private long _cabinet;
        private int _moves;
        private int _ends;

        public async Task<(int Moves, int Ends)> PlayAsync(IReadOnlyList<Step> steps)
        {
            Recover();
            await world.Switch.AbandonAsync(Stop);
            await world.ExecuteAsync(StartAnew);
            await world.ExecuteAsync(Forget);
            _cabinet = await world.AddCabinetAsync(30);
            foreach (var step in steps)
            {
                var before = await world.HasMovedAsync(_cabinet);
                await PlayAsync(step);
                var moved = !before && await world.HasMovedAsync(_cabinet);
                _moves += moved ? 1 : 0;
                await AssertSearchIsWholeAsync(moved);
            }

            Recover();
            await world.ExecuteAsync(Forget);
            await world.RunAsync(_cabinet);
            var (active, next) = await ReadAsync();
            await world.AssertRightAsync(_cabinet, active.Dimensions, next?.Dimensions);
            Assert.Equal(next is not null, await world.HasMovedAsync(_cabinet));
            await AssertSearchIsWholeAsync(moved: true);
            if (next is not null)
            {
                // What is complete can always be finished, whatever came before.
                Assert.True(await world.Switch.FinishAsync(Stop));
                _ends++;
                await world.AssertRightAsync(_cabinet, next.Dimensions, null);
                await AssertSearchIsWholeAsync(moved: false);
            }

            return (_moves, _ends);
        }

        private async Task PlayAsync(Step step)
        {
            switch (step.Act)
            {
                case Act.Add:
                    await world.AddRowsAsync(_cabinet, step.Number);
                    break;
                case Act.Change:
                    await world.ChangeRowsAsync(_cabinet, step.Number);
                    break;
                case Act.Delete:
                    await world.DeleteRowsAsync(_cabinet, step.Number / 4);
                    break;
                case Act.Run:
                    await RunAsync(Stop);
                    break;
                case Act.KilledRun:
                    await KilledRunAsync(step.Number);
                    break;
                case Act.Trouble:
                    (_status, _troubles) = (step.Status, step.Number);
                    (step.Next ? world.NextServer : world.Server).Behaviour =
                        _ => Interlocked.Decrement(ref _troubles) >= 0 ? FakeAnswer.Error(_status) : null;
                    break;
                case Act.RetriesFallDue:
                    await world.ExecuteAsync(Forget);
                    break;
                case Act.Begin:
                    var (active, _) = await ReadAsync();
                    await TryAsync(() => world.Switch.BeginAsync(active == SwitchWorld.Active ? SwitchWorld.Next : SwitchWorld.Active, Stop));
                    break;
                case Act.Abandon:
                    await TryAsync(() => world.Switch.AbandonAsync(Stop));
                    break;
                case Act.Finish:
                    _ends += await TryAsync(() => world.Switch.FinishAsync(Stop)) ? 1 : 0;
                    break;
                default:
                    using (var kill = new CancellationTokenSource(TimeSpan.FromMilliseconds(step.Number)))
                    {
                        await TryAsync(() => world.Switch.FinishAsync(kill.Token));
                    }

                    break;
            }
        }

        private static async Task<bool> TryAsync(Func<Task<bool>> change)
        {
            try
            {
                return await change();
            }
            catch (Exception refused) when (refused is ModelSwitchException or OperationCanceledException)
            {
                return false;
            }
        }

        private async Task KilledRunAsync(int at)
        {
            using var kill = new CancellationTokenSource();
            var asked = 0;
            world.Server.BeforeAnswer = world.NextServer.BeforeAnswer = _ => Interlocked.Increment(ref asked) == at ? kill.CancelAsync() : Task.CompletedTask;
            await RunAsync(kill.Token);
            world.Server.BeforeAnswer = world.NextServer.BeforeAnswer = null;
        }

        // A short wait that the provider asks for is not slept through: the run dies in it.
        private async Task RunAsync(CancellationToken kill)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(kill);
            var running = world.RunAsync(_cabinet, kill: patience.Token);
            while (!running.IsCompleted)
            {
                if (await world.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM rag_index_status WHERE cabinet_id = $1 AND embedding_not_before > clock_timestamp() AND lease_owner IS NULL)", _cabinet))
                {
                    await patience.CancelAsync();
                }

                await Task.WhenAny(running, Task.Delay(20, Stop));
            }

            try
            {
                await running;
            }
            catch (OperationCanceledException)
            {
            }
        }

        private async Task AssertSearchIsWholeAsync(bool moved)
        {
            var (active, next) = await ReadAsync();
            var onNext = await world.HasMovedAsync(_cabinet);
            var asked = onNext ? next! : active;
            var hits = (await world.Worker.GetRequiredService<IndexSearch>().FindAsync(
                _cabinet, new SearchRequest("вопрос") { Mode = SearchMode.Vector, Limit = SearchRequest.MaxLimit },
                FakeEmbeddingsServer.VectorOf("вопрос", asked.Dimensions), asked.Model, Stop)).Hits.Count;
            const string count = "SELECT count(*) FROM {0} WHERE cabinet_id = $1";
            var vectors = await world.ScalarAsync<long>(string.Format(null, count, onNext ? "rag_next_embeddings" : "rag_embeddings"), _cabinet);
            Assert.Equal(Math.Min(vectors, SearchRequest.MaxLimit), hits);
            if (moved)
            {
                Assert.True(vectors >= await world.ScalarAsync<long>(string.Format(null, count, "rag_embeddings"), _cabinet), "the active generation has more rows");
            }
        }

        private async Task<(EmbedderIdentity Active, EmbedderIdentity? Next)> ReadAsync()
        {
            var generations = await world.Worker.GetRequiredService<IndexEmbedder>().ReadAsync(Stop);
            return (generations.Active!, generations.Next);
        }

        private void Recover() => world.Server.Behaviour = world.NextServer.Behaviour = null;
    }
}
