namespace RagFunctions.Core.Migrations;

/// <summary>One numbered step of a set.</summary>
/// <param name="Set">The set it belongs to.</param>
/// <param name="Number">Its number, unique in the set; steps run in this order.</param>
/// <param name="Description">What it does.</param>
/// <param name="AppliedAt">When it ran on this database; null when it has not.</param>
public sealed record MigrationStep(MigrationSet Set, long Number, string Description, DateTimeOffset? AppliedAt)
{
    /// <summary>What going up deletes for good; null: nothing.</summary>
    public string? Deletes { get; init; }
}
