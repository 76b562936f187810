namespace RagFunctions.Tests.Stories;

/// <summary>How often each activity of a run is delivered.</summary>
public enum StoryDelivery
{
    Once,
    TwiceInARow,
    TwiceAtOnce,
}
