using System.Reflection;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace RagFunctions.LocalHost.Discovery;

/// <summary>One function of the app.</summary>
/// <param name="Name">As in its attribute; unique, whatever the case.</param>
/// <param name="Kind">What starts it.</param>
/// <param name="Method">The code.</param>
/// <param name="Trigger">The parameter with the trigger's attribute.</param>
/// <param name="Input">The parameter that takes the input of an orchestration.</param>
internal sealed record Function(string Name, FunctionKind Kind, MethodInfo Method, ParameterInfo Trigger, ParameterInfo? Input)
{
    public string EntryPoint => $"{Method.DeclaringType!.FullName}.{Method.Name}";

    public HttpTriggerAttribute? Http => Trigger.GetCustomAttribute<HttpTriggerAttribute>();

    public TimerTriggerAttribute? Timer => Trigger.GetCustomAttribute<TimerTriggerAttribute>();

    /// <summary>Calls the method, on a new instance of its class if it is not static, and returns what it returns.</summary>
    public object? Call(FunctionContext context, Func<ParameterInfo, object?> bind)
    {
        var instance = Method.IsStatic ? null : ActivatorUtilities.CreateInstance(context.InstanceServices, Method.DeclaringType!);
        var arguments = Method.GetParameters().Select(parameter =>
            parameter.ParameterType == typeof(CancellationToken) ? context.CancellationToken
            : parameter.ParameterType == typeof(FunctionContext) ? context
            : bind(parameter));
        return Method.Invoke(instance, BindingFlags.DoNotWrapExceptions, null, [.. arguments], null);
    }

    /// <summary>Awaits what <see cref="Call"/> returned; null where the method returns nothing.</summary>
    public async Task<object?> ResultAsync(object? returned)
    {
        if (returned is Task task)
        {
            await task;
            returned = Method.ReturnType.IsGenericType ? Method.ReturnType.GetProperty(nameof(Task<int>.Result))!.GetValue(task) : null;
        }

        return returned;
    }
}
