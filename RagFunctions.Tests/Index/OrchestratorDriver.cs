using System.Text.Json;
using Microsoft.DurableTask;
using Microsoft.Extensions.Time.Testing;
using Moq;
using RagFunctions.Core.Runs;
using RagFunctions.Index;

namespace RagFunctions.Tests.Index;

/// <summary>Runs the orchestrator <see cref="IndexCabinet"/> on a mocked context, generation after generation, over scripted steps.</summary>
internal sealed class OrchestratorDriver(IRunSteps steps, FakeTimeProvider time)
{
    // What every back end stores inline, and the limit of the local host.
    private const int MostBytes = 32 * 1024;

    private int _guids;

    public List<string> Statuses { get; } = [];

    public List<DateTime> Timers { get; } = [];

    public int Generations { get; private set; }

    public async Task<RunSummary> RunAsync(RunInput input)
    {
        while (true)
        {
            Generations++;
            RunInput? next = null;
            var context = new Mock<TaskOrchestrationContext>(MockBehavior.Strict);
            context.SetupGet(c => c.CurrentUtcDateTime).Returns(() => time.GetUtcNow().UtcDateTime);
            context.Setup(c => c.NewGuid()).Returns(() => new Guid(++_guids, 0, 0, new byte[8]));
            context.Setup(c => c.SetCustomStatus(It.IsAny<object?>()))
                .Callback((object? status) => Statuses.Add(JsonSerializer.Serialize(status)));
            context.Setup(c => c.ContinueAsNew(It.IsAny<object?>(), It.IsAny<bool>()))
                .Callback((object? carried, bool _) => next = Through((RunInput)carried!));
            context.Setup(c => c.CreateTimer(It.IsAny<DateTime>(), It.IsAny<CancellationToken>())).Returns((DateTime at, CancellationToken _) =>
            {
                Timers.Add(at);
                time.SetUtcNow(at);
                return Task.CompletedTask;
            });
            Activity<BeginRoundInput, RoundStart>(context, "BeginRound", steps.OpenAsync);
            Activity<ApplyRangeInput, ApplyResult>(context, "ApplyChanges", steps.ApplyAsync);
            Activity<PlanEmbeddingInput, EmbeddingPlan>(context, "PlanEmbedding", steps.PlanAsync);
            Activity<EmbedBatchInput, EmbedBatchResult>(context, "EmbedBatch", steps.EmbedAsync);
            Activity<FinishRoundInput, RoundEnd>(context, "FinishRound", steps.CloseAsync);

            var summary = await IndexCabinet.RunAsync(context.Object, input);
            if (next is null)
            {
                return summary!;
            }

            Assert.Null(summary);
            input = next;
        }
    }

    private static void Activity<TInput, TResult>(
        Mock<TaskOrchestrationContext> context, string name, Func<TInput, CancellationToken, Task<TResult>> step) =>
        context
            .Setup(c => c.CallActivityAsync<TResult>(new TaskName(name), It.IsAny<object?>(), It.Is<TaskOptions?>(o => o!.Retry!.Policy!.MaxNumberOfAttempts == 3)))
            .Returns(async (TaskName _, object? input, TaskOptions? _) =>
            {
                try
                {
                    return Through(await step(Through((TInput)input!), CancellationToken.None));
                }
                catch (InvalidOperationException exception)
                {
                    throw new TaskFailedException(name, 0, new TaskFailureDetails("(unknown)", exception.Message, null, null, null));
                }
            });

    /// <summary>As it comes out on the other side of a history.</summary>
    private static T Through<T>(T value)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(value);
        Assert.InRange(json.Length, 0, MostBytes);
        return JsonSerializer.Deserialize<T>(json)!;
    }
}
