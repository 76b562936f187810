using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Options;
using RagFunctions.Core.Runs;

namespace RagFunctions.Index;

/// <summary>Starts a cabinet's run as the orchestration <see cref="IndexCabinet"/>.</summary>
public sealed class DurableRunStarter(IOptions<RunsOptions> options) : IRunStarter
{
    // The client exists only as a parameter of a function: services cannot ask for it. Each invocation has its own flow.
    private readonly AsyncLocal<DurableTaskClient?> _client = new();

    /// <summary>From here on the invocation's services start runs through its client.</summary>
    public void Use(DurableTaskClient client) => _client.Value = client;

    /// <inheritdoc />
    /// <exception cref="InvalidOperationException">The function has not called <see cref="Use"/>.</exception>
    public Task<StartedRun> StartAsync(long cabinetId, CancellationToken cancellationToken)
    {
        var client = _client.Value
            ?? throw new InvalidOperationException("A function that starts runs binds [DurableClient] and hands it to DurableRunStarter.Use.");
        var id = InstanceIds.IndexOf(cabinetId);
        var input = options.Value.NewRun(cabinetId, $"durable:{id}") with { ShortRounds = true };
        return client.StartSingletonAsync(nameof(IndexCabinet), id, input, cancellationToken);
    }
}
