using System.Collections.Concurrent;
using RagFunctions.Core.Runs;

namespace RagFunctions.Tests.Runs;

/// <summary>Keeps who was started; fails when told to.</summary>
internal sealed class StubStarter : IRunStarter
{
    public ConcurrentQueue<long> Started { get; } = [];

    public Exception? Failure { get; set; }

    public Task<StartedRun> StartAsync(long cabinetId, CancellationToken cancellationToken)
    {
        Started.Enqueue(cabinetId);
        return Failure is null ? Task.FromResult(new StartedRun($"index-{cabinetId}", false)) : Task.FromException<StartedRun>(Failure);
    }
}
