namespace Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

/// <summary>Base of the input attributes; known by its name alone.</summary>
public abstract class InputBindingAttribute : Attribute
{
    private protected InputBindingAttribute()
    {
    }
}
