using System.Collections.Concurrent;

namespace RagFunctions.Tests.LocalHost;

/// <summary>What the sample functions did, and gates at which they wait; one for each test, in the functions' services.</summary>
public sealed class Journal
{
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _gates = new();

    public IReadOnlyList<string> Lines => [.. _lines];

    public int Count(string line) => _lines.Count(l => l == line);

    public void Add(string line) => _lines.Enqueue(line);

    public void Open(string gate) => GateOf(gate).TrySetResult();

    public Task PassAsync(string gate, CancellationToken cancellationToken) => GateOf(gate).Task.WaitAsync(cancellationToken);

    private TaskCompletionSource GateOf(string gate) =>
        _gates.GetOrAdd(gate, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}
