namespace RagFunctions.Dev.Fakes.Marketplace.Faults;

/// <summary>How an answer goes wrong. The call itself was allowed and has been paid for.</summary>
public enum FaultKind
{
    /// <summary>Another status, with <c>application/problem+json</c>.</summary>
    Status,

    /// <summary>No answer at all until the client gives up.</summary>
    Hang,

    /// <summary>The right headers and half of the body, then the connection is cut.</summary>
    Cut,

    /// <summary>Half of the JSON, as if it were whole.</summary>
    HalfJson,

    /// <summary>A page of HTML with status 200.</summary>
    Html,

    /// <summary>Every row twice.</summary>
    RepeatedRows,

    /// <summary>The rows of the page in another order.</summary>
    ReorderedRows,

    /// <summary>The right form and no rows.</summary>
    NoRows,

    /// <summary>The page that this seller got from the method before, once more.</summary>
    RepeatedPage,
}
