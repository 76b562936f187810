using Microsoft.DurableTask.Client;

namespace RagFunctions.LocalHost.Orchestrations;

/// <summary>What came of running an orchestrator on.</summary>
/// <param name="Status">Running, or how it ended.</param>
/// <param name="Asked">The activities and timers it newly asked for.</param>
/// <param name="Output">Its result as JSON, or the message of its failure as it is.</param>
/// <param name="CustomStatus">As last set in this execution.</param>
/// <param name="ContinuesAsNew">It begins anew with <paramref name="NextInput"/>.</param>
/// <param name="NextInput">JSON.</param>
internal sealed record Decision(
    OrchestrationRuntimeStatus Status, IReadOnlyList<HistoryEvent> Asked, string? Output, string? CustomStatus, bool ContinuesAsNew = false,
    string? NextInput = null);
