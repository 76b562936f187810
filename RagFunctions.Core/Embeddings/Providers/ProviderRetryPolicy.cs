using System.ClientModel.Primitives;
using System.Globalization;
using System.Text.RegularExpressions;

namespace RagFunctions.Core.Embeddings.Providers;

/// <summary>
/// The only retry layer towards the provider: at most three tries within one budget of time. It waits as long as the provider asks,
/// else half a second and doubling, with jitter; where that does not fit into the budget it gives the error to the caller at once.
/// </summary>
public sealed class ProviderRetryPolicy(TimeSpan budget, TimeSpan firstDelay, TimeProvider clock) : ClientRetryPolicy(MaxTries - 1)
{
    /// <summary>The first try and two more.</summary>
    public const int MaxTries = 3;

    /// <inheritdoc />
    protected override void OnSendingRequest(PipelineMessage message)
    {
        if (HistoryOf(message) is not { } history)
        {
            message.SetProperty(typeof(History), history = new History(clock.GetTimestamp()));
        }

        history.Tries++;
        base.OnSendingRequest(message);
    }

    /// <inheritdoc />
    protected override ValueTask OnSendingRequestAsync(PipelineMessage message)
    {
        OnSendingRequest(message);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    protected override bool ShouldRetry(PipelineMessage message, Exception? exception)
    {
        // The base class counts tries only where it decides itself.
        if (message.CancellationToken.IsCancellationRequested || HistoryOf(message)?.Tries >= MaxTries)
        {
            return false;
        }

        // Without a response it is the network or the time limit of one try; the base class knows which of those are worth a try.
        var mayHelp = message.Response is { } response && exception is null
            ? response.IsError && ProviderErrors.MayRetry(response)
            : base.ShouldRetry(message, exception);
        return mayHelp && AskedDelay(message) <= Left(message);
    }

    /// <inheritdoc />
    protected override ValueTask<bool> ShouldRetryAsync(PipelineMessage message, Exception? exception) =>
        ValueTask.FromResult(ShouldRetry(message, exception));

    /// <inheritdoc />
    protected override TimeSpan GetNextDelay(PipelineMessage message, int tryCount)
    {
        var asked = AskedDelay(message);
        var own = firstDelay * Math.Pow(2, tryCount - 1);

        // Never earlier than asked: only what comes on top is random.
#pragma warning disable CA5394 // Spreading retries needs no secrecy.
        var jitter = 0.25 + (0.75 * Random.Shared.NextDouble());
#pragma warning restore CA5394
        return asked > TimeSpan.Zero ? asked + (firstDelay * jitter) : own * jitter;
    }

    /// <inheritdoc />
    protected override Task WaitAsync(TimeSpan time, CancellationToken cancellationToken) => Task.Delay(time, clock, cancellationToken);

    private TimeSpan AskedDelay(PipelineMessage message) =>
        (message.Response is { } response ? RetryAfterHeaders.Read(response.Headers, clock.GetUtcNow()) : null) ?? TimeSpan.Zero;

    private TimeSpan Left(PipelineMessage message) =>
        HistoryOf(message) is { } history ? budget - clock.GetElapsedTime(history.Started) : budget;

    private static History? HistoryOf(PipelineMessage message) =>
        message.TryGetProperty(typeof(History), out var value) ? (History?)value : null;

    private sealed class History(long started)
    {
        public long Started { get; } = started;

        public int Tries { get; set; }
    }
}

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
            if (Largest(headers, name) is { } milliseconds)
            {
                return TimeSpan.FromMilliseconds(milliseconds);
            }
        }

        if (Largest(headers, "retry-after") is { } seconds)
        {
            return TimeSpan.FromSeconds(seconds);
        }

        if (headers.TryGetValue("retry-after", out var retryAfter)
            && DateTimeOffset.TryParse(retryAfter, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date))
        {
            return date > now ? date - now : TimeSpan.Zero;
        }

        return Later(ResetOf(headers, "requests"), ResetOf(headers, "tokens"));
    }

    // A gateway that adds a header of its own leaves two, or one with a comma; a parser of dates would take "5, 5" for the fifth of May.
    private static double? Largest(PipelineResponseHeaders headers, string name) => headers.TryGetValues(name, out var values) && values is not null
        ? values.SelectMany(value => value.Split(',')).Select(part => Number(part.Trim())).Max()
        : null;

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
