using System.Text.Json;
using Microsoft.DurableTask;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Moq;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Store;
using RagFunctions.Index;
using static RagFunctions.Tests.Orchestrations.MockedHistory;

namespace RagFunctions.Tests.Index;

/// <summary>Runs the orchestrator <see cref="IndexCabinet"/> on a mocked context, generation after generation, over scripted steps.</summary>
internal sealed class OrchestratorDriver(IRunSteps steps, FakeTimeProvider time)
{
    private int _guids;

    public List<string> Statuses { get; } = [];

    public List<TimeSpan> Timers { get; } = [];

    public int Generations { get; private set; }

    /// <summary>Rounds that were done by one activity.</summary>
    public int RoundsAtOnce { get; private set; }

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
            context.Setup(c => c.CreateTimer(It.IsAny<TimeSpan>(), It.IsAny<CancellationToken>())).Returns((TimeSpan wait, CancellationToken _) =>
            {
                Timers.Add(wait);
                time.Advance(wait);
                return Task.CompletedTask;
            });
            Activity<BeginRoundInput, BeginRoundResult>(context, "BeginRound", asked => steps.BeginAsync(asked, CancellationToken.None));
            Activity<RunRoundInput, RunRoundResult>(context, "RunRound", asked =>
            {
                RoundsAtOnce++;
                return new InProcessDriver(steps, TimeProvider.System, Options.Create(new RunsOptions()), NullLogger<InProcessDriver>.Instance).RunRoundAsync(asked, CancellationToken.None);
            });
            Activity<ApplyChangesInput, ApplyChangesResult>(context, "ApplyChanges", asked => steps.ApplyAsync(asked, CancellationToken.None));
            Activity<PlanEmbeddingInput, PlanEmbeddingResult>(context, "PlanEmbedding", asked => steps.PlanAsync(asked, CancellationToken.None));
            Activity<EmbedBatchInput, EmbedBatchResult>(context, "EmbedBatch", asked => steps.EmbedAsync(asked, CancellationToken.None));
            Activity<FinishRoundInput, FinishRoundResult>(context, "FinishRound", asked => steps.FinishAsync(asked, CancellationToken.None));

            var summary = await IndexCabinet.RunAsync(context.Object, input);
            if (next is null)
            {
                return summary!;
            }

            Assert.Null(summary);
            input = next;
        }
    }
}
