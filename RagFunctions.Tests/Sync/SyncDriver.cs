using Microsoft.DurableTask;
using Microsoft.Extensions.Time.Testing;
using Moq;
using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Sync;
using static RagFunctions.Tests.Orchestrations.MockedHistory;

namespace RagFunctions.Tests.Sync;

/// <summary>Runs the orchestrator <see cref="SyncCabinet"/> on a mocked context, generation after generation, over steps made up by a test.</summary>
internal sealed class SyncDriver
{
    public static readonly DateTimeOffset Start = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Start);
    private readonly Dictionary<SyncEntity, int> _steps = [];

    public SyncEntity[] Due { get; init; } = [.. SyncEntityNames.All];

    /// <summary>The answer to the n-th step of an entity, counted from 0.</summary>
    public Func<SyncStepInput, int, Task<SyncStepResult>> Answer { get; init; } = (input, _) => Ok(input.Entity);

    public Func<StartSyncedInput, Task<bool>> StartIndex { get; init; } = _ => Task.FromResult(true);

    public List<SyncPlanInput> Plans { get; } = [];

    public List<SyncStepInput> Steps { get; } = [];

    public List<StartSyncedInput> Starts { get; } = [];

    public List<DateTime> Timers { get; } = [];

    public List<SyncProgress> Statuses { get; } = [];

    public int Generations { get; private set; }

    public DateTimeOffset Now => _time.GetUtcNow();

    public static Task<SyncStepResult> Ok(SyncEntity entity, long inserted = 0) =>
        Task.FromResult(new SyncStepResult(new EntitySyncResult(entity, EntitySyncStatus.Ok, 10, inserted), inserted));

    public static Task<SyncStepResult> Waiting(SyncEntity entity, DateTimeOffset until, long inserted = 0) =>
        Task.FromResult(new SyncStepResult(new EntitySyncResult(entity, EntitySyncStatus.Waiting, 10, inserted, WaitUntil: until), inserted));

    public async Task<SyncSummary> RunAsync(SyncCabinetInput input)
    {
        while (true)
        {
            Generations++;
            SyncCabinetInput? next = null;
            var context = new Mock<TaskOrchestrationContext>(MockBehavior.Strict);
            context.SetupGet(c => c.CurrentUtcDateTime).Returns(() => _time.GetUtcNow().UtcDateTime);
            context.Setup(c => c.SetCustomStatus(It.IsAny<object?>())).Callback((object? status) => Statuses.Add((SyncProgress)status!));
            context.Setup(c => c.ContinueAsNew(It.IsAny<object?>(), It.IsAny<bool>()))
                .Callback((object? carried, bool _) => next = Through((SyncCabinetInput)carried!));
            context.Setup(c => c.CreateTimer(It.IsAny<DateTime>(), It.IsAny<CancellationToken>())).Returns((DateTime at, CancellationToken _) =>
            {
                Timers.Add(at);
                if (at > _time.GetUtcNow().UtcDateTime)
                {
                    _time.SetUtcNow(at);
                }

                return Task.CompletedTask;
            });
            Activity<SyncPlanInput, SyncEntity[]>(context, nameof(SyncActivities.PlanSync), asked =>
            {
                Plans.Add(asked);
                return Task.FromResult(Due);
            });
            Activity<SyncStepInput, SyncStepResult>(context, nameof(SyncActivities.SyncEntity), asked =>
            {
                Steps.Add(asked);
                _steps.TryGetValue(asked.Entity, out var step);
                _steps[asked.Entity] = step + 1;
                return WithWaitAsync(Answer(asked, step));
            });
            Activity<StartSyncedInput, bool>(context, nameof(SyncActivities.StartSynced), asked =>
            {
                Starts.Add(asked);
                return StartIndex(asked);
            });

            var summary = await SyncCabinet.RunAsync(context.Object, input);
            if (next is null)
            {
                return Through(summary!);
            }

            Assert.Null(summary);
            input = next;
        }
    }

    /// <summary>As the service: how long it is until then.</summary>
    private async Task<SyncStepResult> WithWaitAsync(Task<SyncStepResult> answer) =>
        await answer is var step && step.Result is { Status: EntitySyncStatus.Waiting, WaitUntil: { } until } ? step with { Wait = until - Now } : step;
}
