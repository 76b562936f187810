namespace RagFunctions.Core.Marketplace.Client;

/// <summary>How a call ended. Only <see cref="CallStatus.Ok"/> carries a value.</summary>
public enum CallStatus
{
    /// <summary>Answered.</summary>
    Ok,

    /// <summary>A limit stands in the way until <see cref="CallResult{T}.WaitUntil"/>. Nothing was lost.</summary>
    Wait,

    /// <summary>401: the marketplace does not know this token (any more).</summary>
    TokenRejected,

    /// <summary>402 or 403: the token is good, but not for this method; or it cannot be, by its own words, and no call was made.</summary>
    Forbidden,

    /// <summary>5xx or network, after the retries; may be better later.</summary>
    Unavailable,

    /// <summary>Any other 4xx, or an answer that does not keep the contract: will not get better by asking again.</summary>
    Failed,
}
