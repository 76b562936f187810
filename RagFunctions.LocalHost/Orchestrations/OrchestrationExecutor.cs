using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using RagFunctions.LocalHost.Discovery;

namespace RagFunctions.LocalHost.Orchestrations;

/// <summary>
/// Runs an orchestrator from its beginning: through what history holds, checking that it asks for the same again, then on with
/// what has newly happened. Keeps nothing between two runs.
/// </summary>
internal sealed class OrchestrationExecutor(FunctionCatalog catalog, IServiceProvider services)
{
    /// <param name="instance">Whose orchestrator.</param>
    /// <param name="past">What is stored; ends with all that the orchestrator had asked for.</param>
    /// <param name="fresh">What is not stored yet; begins with an episode.</param>
    /// <param name="foreign">Called, perhaps much later, when something but a durable task resumes the orchestrator.</param>
    public Decision Run(
        OrchestrationInstance instance, IReadOnlyList<HistoryEvent> past, IReadOnlyList<HistoryEvent> fresh, Action foreign)
    {
        var pump = new ReplayPump(foreign);
        var context = new ReplayContext(instance, pump);
        using var scope = services.CreateScope();
        try
        {
            var function = catalog.Get(FunctionKind.Orchestration, instance.Name);
            Task<object?>? task = null;
            pump.Run(() =>
            {
                foreach (var happened in past)
                {
                    Step(happened);
                }

                if (past.Count > 0 && context.Asked is [var first, ..])
                {
                    throw new ReplayException($"step {first.TaskId}: history holds nothing, the orchestrator asked for {first.Description}.");
                }

                if (task is { IsCompleted: true })
                {
                    throw new ReplayException("the orchestrator ended where history goes on.");
                }

                foreach (var happened in fresh)
                {
                    Step(happened);
                }
            });

            if (pump.ForeignSeen || !(task!.IsCompleted || context.CanGoOn))
            {
                throw new InvalidOperationException(ReplayPump.IllegalAwait);
            }

            return Decide(context, task);

            void Step(HistoryEvent happened)
            {
                switch (happened.Kind)
                {
                    case HistoryKind.EpisodeStarted:
                        context.BeginEpisode(happened.At);
                        task ??= Start(function, context, instance, scope.ServiceProvider);
                        break;
                    case HistoryKind.ActivityScheduled or HistoryKind.TimerCreated:
                        context.Confirm(happened);
                        break;
                    default:
                        context.Complete(happened);
                        break;
                }
            }
        }
        catch (Exception exception)
        {
            return new Decision(OrchestrationRuntimeStatus.Failed, [], exception.Message, context.CustomStatus);
        }
    }

    private static async Task<object?> Start(
        Function function, ReplayContext context, OrchestrationInstance instance, IServiceProvider services)
    {
        var invocation = new LocalFunctionContext(function, services, CancellationToken.None);
        var returned = function.Call(invocation, parameter =>
            parameter == function.Trigger ? context
            : parameter == function.Input ? Payload.Deserialize(instance.Input, parameter.ParameterType)
            : throw new NotSupportedException($"An orchestrator takes no {parameter.ParameterType.Name}."));
        return await function.ResultAsync(returned);
    }

    private static Decision Decide(ReplayContext context, Task<object?> task)
    {
        if (!task.IsCompleted)
        {
            return new Decision(OrchestrationRuntimeStatus.Running, context.Asked, null, context.CustomStatus);
        }

        // Throws what the orchestrator threw.
        var result = task.GetAwaiter().GetResult();
        return context.ContinuesAsNew
            ? new Decision(OrchestrationRuntimeStatus.Running, [], null, null, ContinuesAsNew: true, context.NextInput)
            : new Decision(
                OrchestrationRuntimeStatus.Completed, [], Payload.Serialize(result, "The output of the orchestration"), context.CustomStatus);
    }
}
