namespace RagFunctions.Tests.Stories;

/// <summary>How a change of the source is announced.</summary>
public enum StoryNews
{
    InTheSameTransaction,
    AfterItsCommit,
    InATransactionThatCommitsLate,
    NotAtAll,
}
