using Microsoft.Extensions.AI;
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
    PendingTexts pending,
    VectorWriter writer,
    ProviderPause pause,
    EmbeddingPayments payments,
    ProviderPace pace,
    IEmbeddingGenerator<string, Embedding<float>> generator,
    EmbeddingsOptions options,
    ILogger<BatchEmbedder> logger)
{
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
        RagTelemetry.Cost.Add((double)options.PriceOf(result.Tokens), cabinet);
        return result;
    }

    private async Task<EmbedBatchResult> EmbedIntervalAsync(EmbedBatchInput input, CancellationToken cancellationToken)
    {
        var pass = new EmbeddingPass(input, new(rag, writer, pause, payments, pace, generator, options, StoreAgain(), logger));
        var from = input.Interval.From ?? "";
        while (true)
        {
            var page = await pass.TimeSavingAsync(() => pending.ReadAsync(input.CabinetId, input.Token, from, input.Interval.To, cancellationToken));
            if (!await pass.MayGoOnAsync(page, EmbedderIdentity.Of(options), cancellationToken))
            {
                return pass.Result;
            }

            await pass.SendAsync(await FittingAsync(pass, page.Texts, cancellationToken), cancellationToken);
            if (pass.Ended || !page.More)
            {
                return pass.Result;
            }

            // The least string above the last hash that needs no escaping; hashes are all of one length.
            from = page.Texts[^1].Hash + "!";
        }
    }

    private ResiliencePipeline StoreAgain() => new ResiliencePipelineBuilder()
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<NpgsqlException>().Handle<TimeoutException>(),
            MaxRetryAttempts = 3,
            Delay = StoreDelay,
            BackoffType = DelayBackoffType.Exponential,
        })
        .Build();

    private async Task<List<IReadOnlyList<PendingText>>> FittingAsync(
        EmbeddingPass pass, IReadOnlyList<PendingText> texts, CancellationToken cancellationToken)
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
    bool StoreFailed = false);
