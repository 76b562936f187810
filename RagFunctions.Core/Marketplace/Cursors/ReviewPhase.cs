namespace RagFunctions.Core.Marketplace.Cursors;

/// <summary>Lists of a pass over the reviews. 0 = none is under way.</summary>
internal enum ReviewPhase
{
    None,
    Unanswered,
    Answered,
    Archive,
}
