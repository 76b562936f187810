using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using RagFunctions.Core;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Store;

namespace RagFunctions.Tests.Runs;

/// <summary>A run played with random answers in random order. The random numbers come from FsCheck's seed, which a failure prints.</summary>
public sealed class RunPlanProperties
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 3, 0, 0, TimeSpan.Zero);

    [Property(MaxTest = 2_000)]
    public Property In_any_order_steps_start_once_within_windows_and_none_after_stops() =>
        Prop.ForAll(
            Gen.Choose(0, int.MaxValue).ToArbitrary(),
            Gen.Choose(1, 6).ToArbitrary(),
            Gen.Choose(0, 25).ToArbitrary(),
            (seed, window, size) => new Game(seed, window, size).Play());

    private sealed class Game(int seed, int window, int size)
    {
        private readonly Random _random = new(seed);
        private readonly List<RunStep> _running = [];
        private readonly HashSet<ChangeRange> _ranges = [];
        private readonly HashSet<HashInterval> _intervals = [];
        private ChangeRange[] _expectedRanges = [];
        private int _expectedIntervals;
        private bool _stopped;
        private bool _anyFailed;
        private int _planned;
        private int _closed;

        public void Play()
        {
            var plan = new RunPlan(new RunInput(1, "o", ApplyWindow: window, EmbedWindow: window).Begun(Guid.Empty, Now));
            for (var turns = 0; !plan.IsDone; turns++)
            {
                Assert.True(turns < 1_000, "the plan does not terminate");
                while (plan.TryNext(out var step))
                {
                    Start(step);
                }

                Assert.NotEmpty(_running);
                var index = _random.Next(_running.Count);
                var over = _running[index];
                _running.RemoveAt(index);
                Answer(plan, over);
            }

            Assert.Empty(_running);
            var done = plan.End();
            if (_closed == 1)
            {
                Assert.IsType<RunEnding.Done>(done);
                Assert.True(_stopped || _ranges.Count == _expectedRanges.Length, "a range was left out");
                Assert.True(_stopped || _anyFailed || _intervals.Count == _expectedIntervals, "an interval was left out");
                Assert.True(_stopped || _planned == 1);
            }
        }

        private void Start(RunStep step)
        {
            Assert.True(!_stopped || step is RunStep.FinishRound, $"{step.GetType().Name} was started after a stop");
            _running.Add(step);
            switch (step)
            {
                case RunStep.ApplyChanges apply:
                    Assert.True(_ranges.Add(apply.Input.Range), "a range was started twice");
                    Assert.True(_running.Count <= window, "more than the window");
                    Assert.True(
                        apply.Input.Mode != RunMode.Full || apply.Input.Range.Entity == Entity.Products
                        || (_running.OfType<RunStep.ApplyChanges>().All(r => r.Input.Range.Entity != Entity.Products)
                            && _expectedRanges.Where(r => r.Entity == Entity.Products).All(_ranges.Contains)),
                        "a range passed the products");
                    break;
                case RunStep.EmbedBatch embed:
                    Assert.True(_intervals.Add(embed.Input.Interval), "an interval was started twice");
                    Assert.True(_running.Count <= window, "more than the window");
                    Assert.DoesNotContain(_running, r => r is not RunStep.EmbedBatch);
                    break;
                default:
                    Assert.Single(_running);
                    break;
            }
        }

        private void Answer(RunPlan plan, RunStep step)
        {
            switch (step)
            {
                case RunStep.BeginRound open when _random.Next(10) == 0:
                    plan.Fail(open, "x");
                    break;
                case RunStep.BeginRound open:
                    var mode = (RunMode)_random.Next(3);
                    _expectedRanges = [.. Enumerable.Range(0, size).Select(i => new ChangeRange((Entity)_random.Next(5), i, i + 1))];
                    plan.Complete(open, new BeginRoundResult(BeginStatus.Started, 3, mode, Now, _expectedRanges));
                    break;
                case RunStep.ApplyChanges apply when _random.Next(12) == 0:
                    plan.Fail(apply, "x");
                    break;
                case RunStep.ApplyChanges apply:
                    var lost = _random.Next(40) == 0;
                    _stopped |= lost;
                    plan.Complete(apply, new ApplyChangesResult(Superseded: lost));
                    break;
                case RunStep.PlanEmbedding planning when _random.Next(12) == 0:
                    _planned++;
                    _anyFailed = true;
                    plan.Fail(planning, "x");
                    break;
                case RunStep.PlanEmbedding planning:
                    _planned++;
                    _expectedIntervals = size;
                    var intervals = Enumerable.Range(0, size).Select(i => new HashInterval($"{i:x2}", $"{i + 1:x2}")).ToArray();
                    plan.Complete(planning, new PlanEmbeddingResult(false, size, intervals));
                    break;
                case RunStep.EmbedBatch embed when _random.Next(12) == 0:
                    plan.Fail(embed, "x");
                    break;
                case RunStep.EmbedBatch embed:
                    var kind = _random.Next(30);
                    _stopped |= kind < 3;
                    plan.Complete(embed, new EmbedBatchResult(
                        Superseded: kind == 0, StopError: kind == 1 ? "x" : null, RetryAt: kind == 2 ? Now.AddHours(1) : null));
                    break;
                case RunStep.FinishRound close:
                    _closed++;
                    plan.Complete(close, new FinishRoundResult(false, RunOutcome.Completed));
                    break;
            }
        }
    }
}
