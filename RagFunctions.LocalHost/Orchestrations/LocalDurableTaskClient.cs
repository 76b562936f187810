using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using RagFunctions.LocalHost.Discovery;
using RagFunctions.LocalHost.Http;

namespace RagFunctions.LocalHost.Orchestrations;

/// <summary>The client that <c>[DurableClient]</c> binds.</summary>
internal sealed class LocalDurableTaskClient(
    FunctionCatalog catalog, HistoryStore store, OrchestrationRuntime runtime, ManagementAddress address, TimeProvider time)
    : DurableTaskClient("local")
{
    private static readonly OrchestrationRuntimeStatus[] Ended =
        [OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Terminated];

    /// <exception cref="ArgumentException">The id has characters that a back end refuses.</exception>
    /// <exception cref="InvalidOperationException">There is no such orchestrator, the input is too large, or an instance stands at a
    /// dedupe status. Without dedupe statuses an instance of the id is replaced, running or not.</exception>
    public override async Task<string> ScheduleNewOrchestrationInstanceAsync(
        TaskName orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellation = default)
    {
        if (options?.StartAt is not null)
        {
            throw new NotSupportedException("StartAt is ignored by the real worker: use a timer inside the orchestrator.");
        }

        var id = options?.InstanceId ?? Guid.NewGuid().ToString("N");
        if (id.Length is 0 or > 100 || id[0] == '@' || id.Any(c => c is '/' or '\\' or '#' or '?' || char.IsControl(c)))
        {
            throw new ArgumentException($"'{id}' cannot be an instance id.", nameof(options));
        }

        var function = catalog.Get(FunctionKind.Orchestration, orchestratorName);
        var json = Payload.Serialize(input, $"The input of orchestration '{function.Name}'");
        var now = DueTime.Now(time);
        var instance = new OrchestrationInstance(id, Guid.NewGuid(), function.Name, OrchestrationRuntimeStatus.Pending, json, null, null, now, now);
        if (!await store.InsertAsync(instance, options?.DedupeStatuses ?? [], cancellation))
        {
            throw new InvalidOperationException($"An orchestration with the id '{id}' exists already.");
        }

        runtime.Begin(instance, []);
        return id;
    }

    /// <summary>Ends a live instance. Unknown and ended ones stay as they are, as on Azure.</summary>
    public override async Task TerminateInstanceAsync(
        string instanceId, TerminateInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        if (options is { Recursive: true })
        {
            throw new NotSupportedException("The local host has no sub-orchestrations to terminate.");
        }

        await store.TerminateAsync(
            instanceId, Payload.Serialize(options?.Output, "The output of a termination"), DueTime.Now(time), cancellation);
        runtime.End(instanceId);
    }

    public override async Task<OrchestrationMetadata?> GetInstanceAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        await store.FindAsync(instanceId, cancellation) is { } instance ? Metadata(instance, getInputsAndOutputs) : null;

    public override AsyncPageable<OrchestrationMetadata> GetAllInstancesAsync(OrchestrationQuery? filter = null) =>
        new Listing(store, filter ?? new OrchestrationQuery());

    public override async Task<PurgeResult> PurgeInstanceAsync(
        string instanceId, PurgeInstanceOptions? options = null, CancellationToken cancellation = default) =>
        new(await store.PurgeAsync(instanceId, null, null, Ended, cancellation));

    /// <exception cref="ArgumentException">Creation time or statuses are missing: real back ends need the one, and without the
    /// other purge what still runs.</exception>
    public override async Task<PurgeResult> PurgeAllInstancesAsync(
        PurgeInstancesFilter filter, PurgeInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        var statuses = filter.Statuses?.ToList() ?? [];
        if (filter.CreatedFrom is null || statuses.Count == 0 || statuses.Except(Ended).Any())
        {
            throw new ArgumentException("A purge needs CreatedFrom, and Statuses that name ended instances only.", nameof(filter));
        }

        return new PurgeResult(await store.PurgeAsync(null, filter.CreatedFrom, filter.CreatedTo, statuses, cancellation));
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>The management URLs. Those of what the local host does not do answer 501.</summary>
    public HttpManagementPayload CreateManagementPayload(string instanceId) => new()
    {
        Id = instanceId,
        StatusQueryGetUri = address.Of(instanceId, ""),
        SendEventPostUri = address.Of(instanceId, "/raiseEvent/{eventName}"),
        TerminatePostUri = address.Of(instanceId, "/terminate", "reason={{text}}&"),
        PurgeHistoryDeleteUri = address.Of(instanceId, ""),
        SuspendPostUri = address.Of(instanceId, "/suspend", "reason={{text}}&"),
        ResumePostUri = address.Of(instanceId, "/resume", "reason={{text}}&"),
    };

    private static OrchestrationMetadata Metadata(OrchestrationInstance instance, bool all) => new(instance.Name, instance.Id)
    {
        RuntimeStatus = instance.Status,
        CreatedAt = instance.CreatedAt,
        LastUpdatedAt = instance.UpdatedAt,
        SerializedInput = all ? instance.Input : null,
        SerializedOutput = all ? instance.Output : null,
        // Unset reads as the word null, as on Azure.
        SerializedCustomStatus = all ? instance.CustomStatus ?? "null" : null,
    };

    private sealed class Listing(HistoryStore store, OrchestrationQuery query) : AsyncPageable<OrchestrationMetadata>
    {
        public override async IAsyncEnumerable<Page<OrchestrationMetadata>> AsPages(string? continuationToken = null, int? pageSizeHint = null)
        {
            var size = pageSizeHint ?? query.PageSize;
            var after = continuationToken ?? query.ContinuationToken;
            do
            {
                // One more than a page shows whether another follows.
                var found = await store.ListAsync(query, after, size + 1, CancellationToken.None);
                var page = found.Take(size).ToList();
                after = found.Count > size ? page[^1].Id : null;
                yield return new Page<OrchestrationMetadata>([.. page.Select(i => Metadata(i, query.FetchInputsAndOutputs))], after);
            }
            while (after is not null);
        }
    }
}
