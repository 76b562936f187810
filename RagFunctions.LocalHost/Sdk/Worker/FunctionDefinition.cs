namespace Microsoft.Azure.Functions.Worker;

/// <summary>What is known of a function before it runs.</summary>
public abstract class FunctionDefinition
{
    private protected FunctionDefinition()
    {
    }

    /// <summary>Namespace.Type.Method.</summary>
    public abstract string EntryPoint { get; }

    public abstract string Name { get; }
}
