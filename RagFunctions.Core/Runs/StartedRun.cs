namespace RagFunctions.Core.Runs;

/// <summary>A run under way.</summary>
/// <param name="InstanceId"><c>index-{cabinetId}</c>.</param>
/// <param name="AlreadyRunning">It was pending or running before; it will see what is stored, or the sweep will.</param>
public sealed record StartedRun(string InstanceId, bool AlreadyRunning);
