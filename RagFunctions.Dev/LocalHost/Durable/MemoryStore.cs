using DurableTask.Core;
using DurableTask.Core.Query;
using Microsoft.Azure.WebJobs.Extensions.DurableTask;
using Microsoft.DurableTask.Testing.Sidecar;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace RagFunctions.Dev.LocalHost.Durable;

/// <summary>Microsoft's in-memory orchestration service as a store of the Durable extension. Orchestrations end with the process.</summary>
internal sealed class MemoryStore : DurabilityProvider
{
    /// <summary>What host.json's <c>storageProvider:type</c> calls it.</summary>
    public const string Name = "Memory";

    private readonly Service _service;

    private MemoryStore(Service service)
        : base(Name, service, service, "memory") => _service = service;

    /// <inheritdoc />
    public override bool GuaranteesOrderedDelivery => true;

    /// <inheritdoc />
    public override async Task<IList<OrchestrationState>> GetOrchestrationStateWithInputsAsync(string instanceId, bool showInput = true) =>
        await _service.GetOrchestrationStateAsync(instanceId, null) is { } state ? [state] : [];

    /// <inheritdoc />
    public override async Task<OrchestrationStatusQueryResult> GetOrchestrationStateWithPagination(
        OrchestrationStatusQueryCondition condition, CancellationToken cancellationToken)
    {
        var found = await _service.GetOrchestrationWithQueryAsync(
            new OrchestrationQuery
            {
                RuntimeStatus = condition.RuntimeStatus?.Select(status => (OrchestrationStatus)status).ToList(),
                CreatedTimeFrom = condition.CreatedTimeFrom == default ? null : condition.CreatedTimeFrom,
                CreatedTimeTo = condition.CreatedTimeTo == default ? null : condition.CreatedTimeTo,
                InstanceIdPrefix = condition.InstanceIdPrefix,
                PageSize = condition.PageSize,
                ContinuationToken = condition.ContinuationToken,
            },
            cancellationToken);
        return new OrchestrationStatusQueryResult
        {
            DurableOrchestrationState = found.OrchestrationState.Select(state => ToStatus(state, condition.ShowInput)).ToList(),
            ContinuationToken = found.ContinuationToken,
        };
    }

    /// <inheritdoc />
    public override async Task<int> PurgeHistoryByFilters(
        DateTime createdTimeFrom, DateTime? createdTimeTo, IEnumerable<OrchestrationStatus> runtimeStatus) =>
        (await _service.PurgeInstanceStateAsync(new PurgeInstanceFilter(createdTimeFrom, createdTimeTo, runtimeStatus))).DeletedInstanceCount;

    /// <inheritdoc />
    public override async Task<PurgeHistoryResult> PurgeInstanceHistoryByInstanceId(string instanceId) =>
        new((await _service.PurgeInstanceStateAsync(instanceId)).DeletedInstanceCount);

    /// <summary>There are no entities here whose queue could be another.</summary>
    public override void SetUseSeparateQueueForEntityWorkItems(bool newValue)
    {
    }

    private static DurableOrchestrationStatus ToStatus(OrchestrationState state, bool showInput) => new()
    {
        Name = state.Name,
        InstanceId = state.OrchestrationInstance.InstanceId,
        CreatedTime = state.CreatedTime,
        LastUpdatedTime = state.LastUpdatedTime,
        RuntimeStatus = (OrchestrationRuntimeStatus)state.OrchestrationStatus,
        CustomStatus = Parse(state.Status),
        Input = showInput ? Parse(state.Input) : null,
        Output = Parse(state.Output),
    };

    /// <summary>The message of a failure is no JSON: it is shown as text.</summary>
    private static JToken? Parse(string? json)
    {
        try
        {
            return json is null ? null : JToken.Parse(json);
        }
        catch (JsonReaderException)
        {
            return json;
        }
    }

    /// <summary>How the extension comes by the store that host.json names.</summary>
    internal sealed class Factory(IOptions<DurableTaskOptions> options, ILoggerFactory loggers) : IDurabilityProviderFactory
    {
        private readonly MemoryStore _store = new(new Service(options.Value, loggers));

        string IDurabilityProviderFactory.Name => MemoryStore.Name;

        public DurabilityProvider GetDurabilityProvider() => _store;

        public DurabilityProvider GetDurabilityProvider(DurableClientAttribute attribute) => _store;

        public void SetUseSeparateQueueForEntityWorkItems(bool newValue) => _store.SetUseSeparateQueueForEntityWorkItems(newValue);
    }

    /// <summary>The service as it is, but for as many functions at once as host.json allows; by itself it takes one for each core.</summary>
    private sealed class Service(DurableTaskOptions options, ILoggerFactory loggers) : InMemoryOrchestrationService(loggers), IOrchestrationService
    {
        int IOrchestrationService.MaxConcurrentTaskOrchestrationWorkItems =>
            options.MaxConcurrentOrchestratorFunctions ?? MaxConcurrentTaskOrchestrationWorkItems;

        int IOrchestrationService.MaxConcurrentTaskActivityWorkItems => options.MaxConcurrentActivityFunctions ?? MaxConcurrentTaskActivityWorkItems;
    }
}
