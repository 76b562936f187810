using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace RagFunctions.LocalHost.Discovery;

/// <summary>
/// The functions of an assembly. What the local host could not run as Azure would is refused here, before anything starts.
/// </summary>
internal sealed class FunctionCatalog
{
    private readonly Dictionary<string, Function> _functions = new(StringComparer.OrdinalIgnoreCase);

    /// <exception cref="NotSupportedException">A function needs something that the local host does not have.</exception>
    /// <exception cref="InvalidOperationException">Two functions share a name.</exception>
    public FunctionCatalog(IEnumerable<Type> types)
    {
        foreach (var method in types.SelectMany(type => type.GetMethods(
            BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)))
        {
            if (method.GetCustomAttribute<FunctionAttribute>() is { } attribute && !_functions.TryAdd(attribute.Name, Read(attribute.Name, method)))
            {
                throw new InvalidOperationException($"Two functions are named '{attribute.Name}'.");
            }
        }
    }

    public IEnumerable<Function> All => _functions.Values;

    public bool TryGet(string name, [NotNullWhen(true)] out Function? function) => _functions.TryGetValue(name, out function);

    /// <summary>The function of the kind and name.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public Function Get(FunctionKind kind, string name) =>
        TryGet(name, out var function) && function.Kind == kind
            ? function
            : throw new InvalidOperationException($"There is no {kind} function named '{name}'.");

    private static Function Read(string name, MethodInfo method)
    {
        var parameters = method.GetParameters();
        var triggers = parameters.Where(parameter => parameter.GetCustomAttribute<TriggerBindingAttribute>() is not null).ToList();
        if (triggers is not [var trigger])
        {
            throw new NotSupportedException($"Function '{name}' has {triggers.Count} triggers; it must have exactly one.");
        }

        var kind = KindOf(name, trigger);
        var plain = parameters.Where(parameter => parameter != trigger && !IsBound(parameter)).ToList();
        var input = kind == FunctionKind.Orchestration ? plain.FirstOrDefault() : null;
        if (plain.FirstOrDefault(parameter => kind != FunctionKind.Http && parameter != input) is { } stranger)
        {
            throw new NotSupportedException($"Function '{name}': the local host cannot bind the parameter '{stranger.Name}'.");
        }

        return new Function(name, kind, method, trigger, input);
    }

    private static FunctionKind KindOf(string name, ParameterInfo trigger) => trigger.GetCustomAttribute<TriggerBindingAttribute>() switch
    {
        HttpTriggerAttribute { AuthLevel: not AuthorizationLevel.Anonymous } =>
            throw new NotSupportedException($"Function '{name}': the local host has no function keys; only anonymous HTTP triggers run on it."),
        HttpTriggerAttribute when trigger.ParameterType == typeof(HttpRequest) => FunctionKind.Http,
        TimerTriggerAttribute when trigger.ParameterType == typeof(TimerInfo) => FunctionKind.Timer,
        OrchestrationTriggerAttribute when trigger.ParameterType == typeof(TaskOrchestrationContext) => FunctionKind.Orchestration,
        ActivityTriggerAttribute => FunctionKind.Activity,
        _ => throw new NotSupportedException(
            $"Function '{name}': the local host has no such trigger with a parameter of type {trigger.ParameterType.Name}."),
    };

    private static bool IsBound(ParameterInfo parameter) =>
        parameter.ParameterType == typeof(CancellationToken)
        || parameter.ParameterType == typeof(FunctionContext)
        || (parameter.ParameterType == typeof(DurableTaskClient) && parameter.GetCustomAttribute<DurableClientAttribute>() is not null);
}
