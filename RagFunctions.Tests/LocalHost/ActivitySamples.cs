using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace RagFunctions.Tests.LocalHost;

/// <summary>Activities that the tests of the local host run.</summary>
public sealed class ActivitySamples(Journal journal)
{
    [Function(nameof(Twice))]
    public static int Twice([ActivityTrigger] int number) => number * 2;

    [Function(nameof(Note))]
    public string Note([ActivityTrigger] string line)
    {
        journal.Add(line);
        return line;
    }

    [Function(nameof(PassGate))]
    public async Task<string> PassGate([ActivityTrigger] string gate, CancellationToken cancellationToken)
    {
        journal.Add($"at {gate}");
        await journal.PassAsync(gate, cancellationToken);
        return gate;
    }

    [Function(nameof(Fail))]
    public static string Fail([ActivityTrigger] string message) => throw new InvalidOperationException(message);

    [Function(nameof(FailTimes))]
    public int FailTimes([ActivityTrigger] int failures)
    {
        journal.Add("attempt");
        var attempt = journal.Count("attempt");
        return attempt > failures ? attempt : throw new InvalidOperationException($"attempt {attempt} fails");
    }

    [Function(nameof(AddOne))]
    public static Task<OrchestrationSamples.Order> AddOne(
        [ActivityTrigger] OrchestrationSamples.Order order, FunctionContext context, [DurableClient] DurableTaskClient client) =>
        Task.FromResult(order with { Count = order.Count + 1, Item = $"{order.Item} {context.FunctionDefinition.Name} {client.Name}" });

    [Function(nameof(Repeat))]
    public static string Repeat([ActivityTrigger] int count) => new('x', count);
}
