using Microsoft.Extensions.DependencyInjection;
using RagFunctions.Core;
using RagFunctions.Core.Changes;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Status;

namespace RagFunctions.Dev.Bench;

/// <summary>The engine as a subject of the bench: the same services as everywhere, driven in this process.</summary>
internal sealed class EngineSubject(IServiceProvider services) : IBenchSubject
{
    /// <inheritdoc />
    public async Task<Func<CancellationToken, Task<(long Requests, long Inputs)>>> PrepareAsync(BenchOrder order, CancellationToken cancellationToken)
    {
        var named = order.Step is BenchStep.Delta or BenchStep.Touched
            ? await BenchChanges.ReadAsync(services.GetRequiredService<MainDatabase>().Source, order.CabinetId, cancellationToken)
            : [];
        var ids = EntityNames.All.Where(entity => named.ContainsKey(entity.TableName()))
            .ToDictionary(entity => entity, entity => (IReadOnlyCollection<long>)named[entity.TableName()]);
        return stop => RunAsync(order, ids, stop);
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<(long Requests, long Inputs)> RunAsync(
        BenchOrder order, Dictionary<Entity, IReadOnlyCollection<long>> ids, CancellationToken cancellationToken)
    {
        if (ids.Count > 0)
        {
            await services.GetRequiredService<ChangeQueue>().EnqueueAsync(order.CabinetId, ids, cancellationToken);
        }
        else
        {
            await services.GetRequiredService<IndexRequests>().StoreAsync(order.CabinetId, RunMode.Full, allowMassDelete: false, cancellationToken);
        }

        var summary = await services.GetRequiredService<InProcessDriver>().RunAsync(order.CabinetId, progress: null, cancellationToken);
        if (summary.Outcome != RunOutcome.Completed)
        {
            throw new InvalidOperationException($"the run ended {summary.Outcome}: {summary.Message}");
        }

        var run = await services.GetRequiredService<RunReader>().SingleAsync(order.CabinetId, summary.RunId, cancellationToken);
        return (run!.EmbeddingRequests, run.EmbeddingInputs);
    }
}
