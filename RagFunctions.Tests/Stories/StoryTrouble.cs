namespace RagFunctions.Tests.Stories;

/// <summary>What is wrong with the next answers of the embeddings provider.</summary>
public enum StoryTrouble
{
    TooManyRequests,
    TooManyRequestsForLong,
    ServerError,
    Timeout,
    Cut,
    Shuffled,
    TooFew,
    RepeatedIndex,
    WithoutIndex,
    WrongDimension,
    NaN,
    Zeros,
    Empty,
    Html,
    HalfJson,
    Refusal,
    WrongKey,
    NoQuota,
}
