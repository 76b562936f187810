namespace RagFunctions.Core.Migrations;

/// <summary>Going up, this step takes something out of a database in use that going down does not bring back: somebody has to agree.</summary>
/// <param name="what">What is deleted, for the one who agrees.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class DeletesAttribute(string what) : Attribute
{
    /// <summary>What is deleted.</summary>
    public string What { get; } = what;
}
