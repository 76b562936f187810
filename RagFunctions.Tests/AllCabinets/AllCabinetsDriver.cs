using Microsoft.DurableTask;
using Microsoft.Extensions.Time.Testing;
using Moq;
using RagFunctions.AllCabinets;
using static RagFunctions.Tests.Orchestrations.MockedHistory;

namespace RagFunctions.Tests.AllCabinets;

/// <summary>Runs an orchestrator of all cabinets on a mocked context, generation after generation, over activities made up by a test.</summary>
internal sealed class AllCabinetsDriver
{
    // More than any test's cabinets take.
    private const int MostGenerations = 10_000;

    private static readonly DateTimeOffset Start = new(2026, 3, 1, 3, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Start);
    private readonly HashSet<long> _running = [];

    public long[] Cabinets { get; init; } = [];

    /// <summary>Whether a cabinet that was started still runs after so long.</summary>
    public Func<long, TimeSpan, bool> IsBusy { get; init; } = (_, _) => false;

    /// <summary>Whether starting the cabinet fails, whatever the retries.</summary>
    public Func<long, bool> Fails { get; init; } = _ => false;

    /// <summary>The activities the orchestrator is to call; any others fail.</summary>
    public (string Start, string Busy) Steps { get; init; } = (nameof(AllCabinetsActivities.StartCabinet), nameof(AllCabinetsActivities.BusyCabinets));

    public List<StartCabinetInput> Started { get; } = [];

    public int Purges { get; private set; }

    public bool PurgeFails { get; init; }

    /// <summary>What was noted of a rebuild of all.</summary>
    public List<string> Record { get; } = [];

    /// <summary>Since when full runs count, as the next cabinets were asked for.</summary>
    public List<DateTimeOffset?> Since { get; } = [];

    public int MostAtOnce { get; private set; }

    public int Generations { get; private set; }

    public TimeSpan Elapsed => _time.GetUtcNow() - Start;

    public async Task<AllCabinetsResult> RunAsync(
        Func<TaskOrchestrationContext, AllCabinetsInput, Task<AllCabinetsResult?>> orchestrator, AllCabinetsInput input)
    {
        Dictionary<long, TimeSpan> since = [];
        while (true)
        {
            Assert.True(++Generations < MostGenerations, "it goes on for ever");
            AllCabinetsInput? next = null;
            var context = new Mock<TaskOrchestrationContext>(MockBehavior.Strict);
            context.SetupGet(c => c.CurrentUtcDateTime).Returns(() => _time.GetUtcNow().UtcDateTime);
            context.Setup(c => c.SetCustomStatus(It.IsAny<object?>()));
            context.Setup(c => c.ContinueAsNew(It.IsAny<object?>(), It.IsAny<bool>()))
                .Callback((object? carried, bool _) => next = Through((AllCabinetsInput)carried!));
            context.Setup(c => c.CreateTimer(It.IsAny<TimeSpan>(), It.IsAny<CancellationToken>())).Returns((TimeSpan delay, CancellationToken _) =>
            {
                _time.Advance(delay);
                return Task.CompletedTask;
            });
            Activity<bool, int>(context, nameof(AllCabinetsActivities.PurgeGoneCabinets), _ => Purge());
            Activity<bool, DateTimeOffset>(context, nameof(AllCabinetsActivities.BeginRebuildAll), _ =>
            {
                Record.Add("begin");
                return _time.GetUtcNow();
            });
            Activity<bool, bool>(context, nameof(AllCabinetsActivities.EndRebuildAll), isWeekly =>
            {
                Record.Add("end");
                return isWeekly;
            });
            Activity<NextCabinetsInput, long[]>(
                context, nameof(AllCabinetsActivities.NextCabinets), asked =>
                {
                    Since.Add(asked.Since);
                    return [.. Cabinets.Where(id => id > asked.After).Take(asked.Limit)];
                });
            Activity<StartCabinetInput, bool>(context, Steps.Start, asked =>
            {
                if (Fails(asked.CabinetId))
                {
                    throw Failure("StartCabinet");
                }

                Started.Add(asked);
                since[asked.CabinetId] = Elapsed;
                _running.Add(asked.CabinetId);
                MostAtOnce = Math.Max(MostAtOnce, _running.Count);
                return true;
            });
            Activity<long[], long[]>(context, Steps.Busy, asked =>
            {
                _running.RemoveWhere(id => !IsBusy(id, Elapsed - since[id]));
                return [.. asked.Where(_running.Contains)];
            });

            var result = await orchestrator(context.Object, input);
            if (next is null)
            {
                return result!;
            }

            Assert.Null(result);
            input = next;
        }
    }

    private int Purge() => PurgeFails ? throw Failure("PurgeGoneCabinets") : ++Purges;

    private static TaskFailedException Failure(string activity) => new(activity, 0, new TaskFailureDetails("(unknown)", "no", null, null, null));

    private static void Activity<TInput, TResult>(Mock<TaskOrchestrationContext> context, string name, Func<TInput, TResult> answer) =>
        context
            .Setup(c => c.CallActivityAsync<TResult>(new TaskName(name), It.IsAny<object?>(), It.Is<TaskOptions?>(o => o!.Retry!.Policy!.MaxNumberOfAttempts == 5)))
            .Returns(async (TaskName _, object? input, TaskOptions? _) =>
            {
                await Task.CompletedTask;
                return Through(answer(Through((TInput)input!)));
            });
}
