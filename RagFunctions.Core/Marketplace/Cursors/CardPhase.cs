namespace RagFunctions.Core.Marketplace.Cursors;

/// <summary>Steps of a pass over the cards. 0 = none is under way.</summary>
internal enum CardPhase
{
    None,
    List,
    Trash,
    Conclude,
}
