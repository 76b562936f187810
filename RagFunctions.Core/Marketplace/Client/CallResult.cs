using RagFunctions.Core.Marketplace.Tokens;

namespace RagFunctions.Core.Marketplace.Client;

/// <summary>The value of a call, or why there is none. Limits, rejections and failures are expected and therefore no exceptions.</summary>
/// <typeparam name="T">What the method answers.</typeparam>
/// <param name="Status">How it ended.</param>
/// <param name="Value">Set when <see cref="CallStatus.Ok"/>.</param>
/// <param name="WaitUntil">Set when <see cref="CallStatus.Wait"/>.</param>
/// <param name="Reason">For operators, without secrets; set when rejected, forbidden, unavailable or failed.</param>
/// <param name="Missing">The categories that the token would need, when forbidden.</param>
public sealed record CallResult<T>(
    CallStatus Status, T? Value = null, DateTimeOffset? WaitUntil = null, string? Reason = null, TokenCategories Missing = TokenCategories.None)
    where T : class
{
    /// <summary>Whether there is a value.</summary>
    [System.Diagnostics.CodeAnalysis.MemberNotNullWhen(true, nameof(Value))]
    public bool IsOk => Status == CallStatus.Ok;

    /// <summary>The same ending for a call of another kind.</summary>
    public CallResult<TOther> As<TOther>()
        where TOther : class => IsOk
            ? throw new InvalidOperationException("An answered call has a value of its own type.")
            : new CallResult<TOther>(Status, null, WaitUntil, Reason, Missing);

    /// <summary>Turns the value into another; an answer that breaks the contract becomes <see cref="CallStatus.Failed"/>.</summary>
    internal CallResult<TOther> Map<TOther>(Func<T, TOther> map)
        where TOther : class
    {
        if (!IsOk)
        {
            return As<TOther>();
        }

        try
        {
            return new CallResult<TOther>(CallStatus.Ok, map(Value));
        }
        catch (MarketplaceFormatException e)
        {
            return new CallResult<TOther>(CallStatus.Failed, Reason: e.Message);
        }
    }
}

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
