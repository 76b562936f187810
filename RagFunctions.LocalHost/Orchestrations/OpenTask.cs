using System.Text.Json;
using Microsoft.DurableTask;

namespace RagFunctions.LocalHost.Orchestrations;

/// <summary>A durable task that the orchestrator holds.</summary>
internal abstract class OpenTask
{
    public abstract bool IsCompleted { get; }

    public abstract void Complete(HistoryEvent happened, string? name);
}

/// <summary>A durable task with a result.</summary>
internal sealed class OpenTask<TResult> : OpenTask
{
    private readonly TaskCompletionSource<TResult> _source = new();

    public Task<TResult> Task => _source.Task;

    public override bool IsCompleted => _source.Task.IsCompleted;

    public void Cancel(CancellationToken cancellationToken) => _source.TrySetCanceled(cancellationToken);

    public override void Complete(HistoryEvent happened, string? name)
    {
        if (happened.Kind == HistoryKind.ActivityFailed)
        {
            // The type is not known: real hosts lose it or make one up (functions-api: activity exception types).
            var details = new TaskFailureDetails("(unknown)", happened.Payload ?? "", null, null, null);
            _source.TrySetException(new TaskFailedException(name ?? "", happened.TaskId, details));
            return;
        }

        try
        {
            _source.TrySetResult(
                happened.Kind == HistoryKind.TimerFired ? default! : (TResult)Payload.Deserialize(happened.Payload, typeof(TResult))!);
        }
        catch (JsonException exception)
        {
            _source.TrySetException(exception);
        }
    }
}
