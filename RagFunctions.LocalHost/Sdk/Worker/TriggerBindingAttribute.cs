namespace Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

/// <summary>Base of the trigger attributes; known by its name alone.</summary>
public abstract class TriggerBindingAttribute : Attribute
{
    private protected TriggerBindingAttribute()
    {
    }
}
