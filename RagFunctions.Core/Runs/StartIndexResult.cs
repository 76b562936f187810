namespace RagFunctions.Core.Runs;

/// <summary>The answer to <see cref="StartIndexRequest"/>.</summary>
/// <param name="Status">Accepted or why not.</param>
/// <param name="Mode">What will run: the strongest of what was asked and what the state of the index demands.</param>
/// <param name="AcceptedChanges">Distinct ids stored.</param>
/// <param name="Run">The run under way; null when it could not be started now: what is stored is not lost, the sweep starts it.</param>
public sealed record StartIndexResult(StartIndexStatus Status, RunMode Mode, long AcceptedChanges, StartedRun? Run);
