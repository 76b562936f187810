namespace RagFunctions.Dev.Fakes.Embeddings;

/// <summary>What is wrong with an answer of status 200 or with the connection.</summary>
public enum AnswerFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>All vectors, each with its own index, in another order.</summary>
    Shuffled,

    /// <summary>No <c>index</c> anywhere.</summary>
    WithoutIndex,

    /// <summary>The last index appears twice, the first one not at all.</summary>
    RepeatedIndex,

    /// <summary>An index beyond the inputs.</summary>
    ForeignIndex,

    /// <summary>The last vector is left out.</summary>
    FewerVectors,

    /// <summary>One vector is one number too short.</summary>
    WrongDimension,

    /// <summary>One vector holds a NaN.</summary>
    NaN,

    /// <summary>One vector holds an infinity.</summary>
    Infinity,

    /// <summary>One vector is all zeros.</summary>
    Zeros,

    /// <summary><c>data</c> is an empty array.</summary>
    EmptyArray,

    /// <summary>A page of a proxy.</summary>
    Html,

    /// <summary>The body ends in the middle; its length header agrees.</summary>
    HalfJson,

    /// <summary>No answer until the client gives up.</summary>
    Hang,

    /// <summary>The connection is cut before an answer.</summary>
    Cut,
}
