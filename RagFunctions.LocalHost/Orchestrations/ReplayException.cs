namespace RagFunctions.LocalHost.Orchestrations;

/// <summary>The orchestrator did not do again what its history says it did.</summary>
internal sealed class ReplayException(string message) : Exception($"Non-deterministic orchestrator: {message}");
