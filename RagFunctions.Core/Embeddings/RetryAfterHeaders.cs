using System.ClientModel.Primitives;
using System.Globalization;
using System.Text.RegularExpressions;

namespace RagFunctions.Core.Embeddings;

/// <summary>How long a provider asks to wait, from the headers of its answer.</summary>
public static partial class RetryAfterHeaders
{
    /// <summary>
    /// <c>retry-after-ms</c> and <c>x-ms-retry-after-ms</c> (Azure), <c>Retry-After</c> in seconds or as a date, else the later of
    /// <c>x-ratelimit-reset-requests</c> and <c>-tokens</c> (OpenAI, "6m0s") whose remaining count is 0. Null when none is there.
    /// </summary>
    public static TimeSpan? Read(PipelineResponseHeaders headers, DateTimeOffset now)
    {
        foreach (var name in (string[])["retry-after-ms", "x-ms-retry-after-ms"])
        {
            if (headers.TryGetValue(name, out var text) && Number(text) is { } milliseconds)
            {
                return TimeSpan.FromMilliseconds(milliseconds);
            }
        }

        if (headers.TryGetValue("retry-after", out var retryAfter))
        {
            if (Number(retryAfter) is { } seconds)
            {
                return TimeSpan.FromSeconds(seconds);
            }

            if (DateTimeOffset.TryParse(retryAfter, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date))
            {
                return date > now ? date - now : TimeSpan.Zero;
            }
        }

        return Later(ResetOf(headers, "requests"), ResetOf(headers, "tokens"));
    }

    private static TimeSpan? ResetOf(PipelineResponseHeaders headers, string what)
    {
        if (!headers.TryGetValue($"x-ratelimit-remaining-{what}", out var remaining) || Number(remaining) is not <= 0
            || !headers.TryGetValue($"x-ratelimit-reset-{what}", out var reset) || reset is null)
        {
            return null;
        }

        if (Number(reset) is { } plainSeconds)
        {
            return TimeSpan.FromSeconds(plainSeconds);
        }

        var match = Duration().Match(reset);
        return match.Success
            ? TimeSpan.FromHours(Part(match, "h")) + TimeSpan.FromMinutes(Part(match, "m")) + TimeSpan.FromSeconds(Part(match, "s")) + TimeSpan.FromMilliseconds(Part(match, "ms"))
            : null;
    }

    private static double Part(Match match, string name) => match.Groups[name].Success ? Number(match.Groups[name].Value) ?? 0 : 0;

    private static TimeSpan? Later(TimeSpan? one, TimeSpan? other) => one is null || other > one ? other : one;

    // A day and no more: a broken clock or header must not end in an overflow.
    private static double? Number(string? text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
            ? Math.Min(value, 86_400_000)
            : null;

    [GeneratedRegex(@"^(?=.)(?:(?<h>[\d.]+)h)?(?:(?<m>[\d.]+)m(?!s))?(?:(?<s>[\d.]+)s)?(?:(?<ms>[\d.]+)ms)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Duration();
}
