using Microsoft.Extensions.Logging;
using Npgsql;
using Polly;
using Polly.Retry;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Embeddings.Providers;

namespace RagFunctions.Core.Embeddings;

/// <summary>Gives every text that waits in an interval its vector: reuse, embed, check, store.</summary>
/// <remarks>
/// Round trips to the database: two to read the texts of a request, two to book it, one to store its vectors; whatever the sizes. Two more
/// where the index has vectors of such texts already. Where what was read needs more than one request (tokens, halving), two before each
/// further one, to see that lease and provider still allow it.
/// </remarks>
public sealed class BatchEmbedder(
    RagDatabase rag,
    Embedders embedders,
    EmbeddingPayments payments,
    TimeProvider time,
    ILogger<BatchEmbedder> logger)
{
    // A provider that the next generation has no use of (wrong key, wrong name) is left alone for so long.
    private static readonly TimeSpan PauseOfNext = TimeSpan.FromMinutes(10);

    // The embedder of the active generation, as the last interval found it: it changes when a change of the model is finished.
    private volatile Embedder _active = embedders.Main;

    /// <summary>The first wait before what is paid is stored once more; it doubles twice.</summary>
    internal TimeSpan StoreDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Works through the interval until it is empty, the provider must be left alone, or the lease is lost. What the provider does is
    /// told in the result; only the database's own errors are thrown.
    /// </summary>
    public async Task<EmbedBatchResult> EmbedAsync(EmbedBatchInput input, CancellationToken cancellationToken)
    {
        var result = await ObservedStep.RunAsync(
            "embed_batch", input.CabinetId, input.RunId, () => EmbedIntervalAsync(input, cancellationToken));
        var cabinet = RagTelemetry.Cabinet(input.CabinetId);
        RagTelemetry.Inputs.Add(result.Inputs, cabinet);
        RagTelemetry.Skipped.Add(result.Reused, cabinet);
        RagTelemetry.Lost.Add(result.Lost, cabinet);
        RagTelemetry.Cost.Add((double)result.Usd, cabinet);
        return result;
    }

    private async Task<EmbedBatchResult> EmbedIntervalAsync(EmbedBatchInput input, CancellationToken cancellationToken)
    {
        var generation = Generation.Of(input.Interval.IsNext);
        if (!generation.IsNext)
        {
            return await EmbedAsync(input, generation, _active, cancellationToken);
        }

        var result = await EmbedAsync(input, generation, embedders.Next ?? embedders.Main, cancellationToken);
        return await HoldBackAsync(result, generation, cancellationToken);
    }

    private async Task<EmbedBatchResult> EmbedAsync(
        EmbedBatchInput input, Generation generation, Embedder embedder, CancellationToken cancellationToken)
    {
        var pass = PassOf(input, generation, embedder, new EmbedBatchResult());
        var from = input.Interval.From ?? "";
        while (true)
        {
            var page = await pass.ReadAsync(from, cancellationToken);
            if (page.LeaseHeld && page.Recorded != embedder.Identity)
            {
                if (page.Recorded is { } recorded && embedders.Of(recorded) is { } right)
                {
                    // What has been read is pending for another embedder than the generation's; the right one reads again.
                    embedder = right;
                    _active = generation.IsNext ? _active : right;
                    pass = PassOf(input, generation, right, pass.Result);
                    continue;
                }

                if (generation.IsNext)
                {
                    // Given up or finished meanwhile, or of an embedder that this worker does not know: others build it.
                    return pass.Result with { Postponed = true };
                }
            }

            if (!await pass.MayGoOnAsync(page, cancellationToken))
            {
                return pass.Result;
            }

            await pass.SendAsync(await FittingAsync(pass, embedder.Options, page.Texts, cancellationToken), cancellationToken);
            if (pass.Ended || !page.More)
            {
                return pass.Result;
            }

            // The least string above the last hash that needs no escaping; hashes are all of one length.
            from = page.Texts[^1].Hash + "!";
        }
    }

    // What keeps the next generation from being built must not keep the run from serving the active one: it neither stops the run nor makes
    // the cabinet wait. The rest of the interval is pending and comes with a later run.
    private async Task<EmbedBatchResult> HoldBackAsync(EmbedBatchResult result, Generation generation, CancellationToken cancellationToken)
    {
        if (result.StopError is { } error)
        {
            await new ProviderPause(rag, generation).PauseAsync(PauseOfNext, error, TimeSpan.Zero, cancellationToken);
        }

        return result with
        {
            Postponed = result.Postponed || result.RetryAt is not null || result.StopError is not null || result.Budget is not null,
            Error = result.StopError is { } stopped ? $"the next generation is not built: {stopped}" : result.Error,
            RetryAt = null,
            StopError = null,
            Budget = null,
            StoreFailed = false,
        };
    }

    private EmbeddingPass PassOf(EmbedBatchInput input, Generation generation, Embedder embedder, EmbedBatchResult sofar) => new(
        input,
        new EmbeddingPassServices(
            rag, new PendingTexts(rag, embedder.Options, generation), new VectorWriter(rag, embedder.Options, generation),
            new ProviderPause(rag, generation), payments, new ProviderPace(rag, embedder.Options, time), embedder, StoreAgain(), logger),
        sofar);

    private ResiliencePipeline StoreAgain() => new ResiliencePipelineBuilder()
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<NpgsqlException>().Handle<TimeoutException>(),
            MaxRetryAttempts = 3,
            Delay = StoreDelay,
            BackoffType = DelayBackoffType.Exponential,
        })
        .Build();

    private static async Task<List<IReadOnlyList<PendingText>>> FittingAsync(
        EmbeddingPass pass, EmbeddingsOptions options, IReadOnlyList<PendingText> texts, CancellationToken cancellationToken)
    {
        List<PendingText> fitting = [];
        foreach (var text in texts)
        {
            if (RequestPacking.TooLong(text) is { } tokens)
            {
                await pass.RefuseAsync(
                    text, $"the text has {tokens} tokens, the provider takes {EmbeddingsOptions.ProviderMaxTokensPerInput}", cancellationToken);
            }
            else
            {
                fitting.Add(text);
            }
        }

        return [.. RequestPacking.Pack(fitting, options)];
    }
}

/// <summary>Input of the activity that embeds what is pending in one interval.</summary>
/// <param name="IsLarge">It is one of many: its requests leave a part of the provider's quota to small runs.</param>
public sealed record EmbedBatchInput(long CabinetId, Guid RunId, long Token, HashInterval Interval, bool IsLarge = false);

/// <summary>What one interval came to. Trouble with the provider is a value here, never an exception.</summary>
/// <param name="Superseded">The token is no longer the cabinet's.</param>
/// <param name="Embedded">Chunks that got a vector from the provider.</param>
/// <param name="Reused">Chunks that got the vector of an identical text.</param>
/// <param name="FailedChunks">Chunks whose text the provider refuses; the error is stored with the chunk.</param>
/// <param name="Requests">Requests sent.</param>
/// <param name="Inputs">Texts sent and answered.</param>
/// <param name="Tokens">Tokens the provider counted.</param>
/// <param name="RetryAt">Set: the provider asks to wait (429, outage); the rest of the interval is still pending.</param>
/// <param name="StopError">Set: configuration is wrong (key, deployment, quota); no other batch can succeed. Nothing is marked failed.</param>
/// <param name="Error">A batch-level error worth keeping (for example a malformed answer); the chunks are still pending.</param>
/// <param name="EmbedMs">Milliseconds waiting for the provider.</param>
/// <param name="SaveMs">Milliseconds reading and writing the index.</param>
/// <param name="Lost">Tries that were sent and not answered: nobody knows whether they are paid. They are booked by their estimate.</param>
/// <param name="Budget">Set: a daily budget is spent, and which; the rest of the interval is still pending.</param>
/// <param name="StoreFailed">With <paramref name="StopError"/>: it is the database that does not take vectors.</param>
/// <param name="Usd">US dollars that <paramref name="Tokens"/> cost, at the price of the embedder that was asked.</param>
/// <param name="Postponed">Of the next generation: what is left is for a later run (the provider, a budget, the turn of others).</param>
public sealed record EmbedBatchResult(
    bool Superseded = false,
    long Embedded = 0,
    long Reused = 0,
    long FailedChunks = 0,
    long Requests = 0,
    long Inputs = 0,
    long Tokens = 0,
    DateTimeOffset? RetryAt = null,
    string? StopError = null,
    string? Error = null,
    long EmbedMs = 0,
    long SaveMs = 0,
    long Lost = 0,
    string? Budget = null,
    bool StoreFailed = false,
    decimal Usd = 0,
    bool Postponed = false);
