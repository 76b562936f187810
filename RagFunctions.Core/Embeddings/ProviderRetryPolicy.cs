using System.ClientModel.Primitives;

namespace RagFunctions.Core.Embeddings;

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
