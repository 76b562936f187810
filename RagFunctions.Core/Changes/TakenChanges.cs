namespace RagFunctions.Core.Changes;

/// <summary>Queue rows as they stood when they were looked at, in order of id. The rows stay in the queue until what they ask for is committed.</summary>
/// <param name="Ids">Row primary keys, ascending.</param>
/// <param name="Versions">The version of each row of <paramref name="Ids"/>; a later change of the same row has another one.</param>
public sealed record TakenChanges(long[] Ids, long[] Versions)
{
    /// <summary>Nothing was due.</summary>
    public static TakenChanges None { get; } = new([], []);
}
