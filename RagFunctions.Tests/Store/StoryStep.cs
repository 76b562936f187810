namespace RagFunctions.Tests.Store;

/// <summary>What happens in one step of a story. Numbers are taken modulo what there is, so that every shortened story is a story too.</summary>
public enum StoryAct
{
    Insert,
    Change,
    Delete,
    Rename,
    Hide,
    TimePasses,
    Round,
    FullRound,
    TwoDeliveriesAtOnce,
    LateDelivery,
    Embed,
    ForeignIds,
}

/// <summary>How a change of the source is announced.</summary>
public enum StoryNews
{
    InTheSameTransaction,
    AfterItsCommit,
    InATransactionThatCommitsLate,
    NotAtAll,
}

/// <summary>One step.</summary>
/// <param name="Act">What happens.</param>
/// <param name="Which">Which entity.</param>
/// <param name="Row">Which row or article.</param>
/// <param name="News">How it is announced.</param>
/// <param name="FaultAt">Request at which the connection dies during a round; 0 = it does not.</param>
/// <param name="AnswerLost">The server has done what was asked, only the answer is lost.</param>
public sealed record StoryStep(StoryAct Act, int Which, int Row, StoryNews News, int FaultAt, bool AnswerLost);
