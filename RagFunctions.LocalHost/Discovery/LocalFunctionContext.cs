using Microsoft.Azure.Functions.Worker;

namespace RagFunctions.LocalHost.Discovery;

/// <summary>One invocation on the local host.</summary>
internal sealed class LocalFunctionContext(Function function, IServiceProvider services, CancellationToken cancellationToken) : FunctionContext
{
    public override string InvocationId { get; } = Guid.NewGuid().ToString();

    public override IServiceProvider InstanceServices { get; set; } = services;

    public override FunctionDefinition FunctionDefinition { get; } = new Definition(function);

    public override IDictionary<object, object> Items { get; set; } = new Dictionary<object, object>();

    public override CancellationToken CancellationToken => cancellationToken;

    private sealed class Definition(Function function) : FunctionDefinition
    {
        public override string Name => function.Name;

        public override string EntryPoint => function.EntryPoint;
    }
}
