using Microsoft.DurableTask.Client;

namespace RagFunctions.LocalHost.Orchestrations;

/// <summary>One orchestration as stored. Continue-as-new changes everything but <paramref name="Id"/> and <paramref name="Name"/>.</summary>
internal sealed record OrchestrationInstance(
    string Id, Guid ExecutionId, string Name, OrchestrationRuntimeStatus Status, string? Input, string? Output, string? CustomStatus,
    DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);
