using System.Globalization;
using System.Net.Http.Headers;

namespace RagFunctions.Core.Marketplace.Limits;

/// <summary>What an answer says about its limit; each header may be missing.</summary>
/// <param name="Limit">Calls that fit at once.</param>
/// <param name="Remaining">Calls left.</param>
/// <param name="Reset">Time until the bucket is full.</param>
/// <param name="Retry">Time until the next call may be made.</param>
public readonly record struct RateHeaders(int? Limit, int? Remaining, TimeSpan? Reset, TimeSpan? Retry)
{
    /// <summary>Nothing was said.</summary>
    public bool IsEmpty => this == default;

    /// <summary>Reads <c>X-Ratelimit-*</c> and, should a proxy send it, <c>Retry-After</c> in seconds. Malformed values count as missing.</summary>
    public static RateHeaders Read(HttpResponseHeaders headers) => new(
        (int?)Number(headers, "X-Ratelimit-Limit"),
        (int?)Number(headers, "X-Ratelimit-Remaining"),
        Seconds(headers, "X-Ratelimit-Reset"),
        Seconds(headers, "X-Ratelimit-Retry") ?? Seconds(headers, "Retry-After"));

    private static TimeSpan? Seconds(HttpResponseHeaders headers, string name) =>
        Number(headers, name) is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    // A week bounds what a header can do: a wrong figure must not silence a cabinet for ever.
    private static double? Number(HttpResponseHeaders headers, string name) =>
        headers.TryGetValues(name, out var values)
        && double.TryParse(values.FirstOrDefault(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
        && double.IsFinite(number)
            ? Math.Min(number, 604_800)
            : null;
}
