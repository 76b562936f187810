using System.Diagnostics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Embeddings.Providers;
using RagFunctions.Core.Leases;

namespace RagFunctions.Core.Embeddings;

/// <summary>One working-through of an interval: sends, stores, decides what an error means, and keeps count.</summary>
internal sealed class EmbeddingPass(
    EmbedBatchInput input,
    RagDatabase rag,
    VectorWriter writer,
    ProviderPause pause,
    IEmbeddingGenerator<string, Embedding<float>> generator,
    ILogger logger)
{
    // A request that is refused says nothing of whose fault it is; this text is nobody's.
    private const string Probe = "проверка";

    private bool _probed;
    private bool _lookedJustNow;

    /// <summary>The sums so far.</summary>
    public EmbedBatchResult Result { get; private set; } = new();

    /// <summary>Nothing more may be sent.</summary>
    public bool Ended => Result.Superseded || Result.RetryAt is not null || Result.StopError is not null;

    /// <summary>Takes over what a page says; false when there is nothing to send.</summary>
    public bool MayGoOn(PendingPage page, EmbedderIdentity configured)
    {
        Result = Result with { Reused = Result.Reused + page.Reused };
        _lookedJustNow = true;
        if (!page.LeaseHeld)
        {
            Result = Result with { Superseded = true };
        }
        else if (page.Recorded is { } recorded && recorded != configured)
        {
            Result = Result with { StopError = EmbedderMismatchException.Text(recorded, configured) };
        }
        else if (page.Texts.Count > 0 && page.NotBefore is { } notBefore)
        {
            Result = Result with { RetryAt = notBefore };
        }

        return !Ended && page.Texts.Count > 0;
    }

    /// <summary>Sends the requests one after another, halving those that are refused, until done or <see cref="Ended"/>.</summary>
    public async Task SendAsync(IEnumerable<IReadOnlyList<PendingText>> requests, CancellationToken cancellationToken)
    {
        var open = new Stack<IReadOnlyList<PendingText>>(requests.Reverse());
        while (open.TryPop(out var texts) && await MaySendAsync(cancellationToken))
        {
            if (await TrySendAsync([.. texts.Select(text => text.Text)], cancellationToken) is not { } attempt)
            {
                return;
            }

            if (attempt.Vectors is { } vectors)
            {
                var stored = await TimeSavingAsync(() => writer.StoreAsync(input.CabinetId, texts, vectors, cancellationToken));
                Result = Result with { Embedded = Result.Embedded + stored };
            }
            else if (attempt.Unusable is { } unusable)
            {
                EmbeddingLog.AnswerUnusable(logger, input.CabinetId, texts.Count, unusable);
                Result = Result with { Error = Result.Error ?? unusable };
                await TimeSavingAsync(() => writer.KeepUnansweredAsync(input.CabinetId, texts, unusable, cancellationToken));
            }
            else if (!await ProbeAsync(attempt.Refused!, cancellationToken))
            {
                return;
            }
            else if (texts.Count == 1)
            {
                await RefuseAsync(texts[0], attempt.Refused!, cancellationToken);
            }
            else
            {
                open.Push([.. texts.Skip(texts.Count / 2)]);
                open.Push([.. texts.Take(texts.Count / 2)]);
            }
        }
    }

    /// <summary>Keeps an error with a text that no request can carry.</summary>
    public async Task RefuseAsync(PendingText text, string error, CancellationToken cancellationToken)
    {
        var chunks = await TimeSavingAsync(() => writer.RefuseAsync(input.CabinetId, text.Hash, error, cancellationToken));
        EmbeddingLog.TextRefused(logger, input.CabinetId, text.Hash, chunks);
        Result = Result with { FailedChunks = Result.FailedChunks + chunks };
    }

    /// <summary>Runs a step and counts its time as reading and writing the index.</summary>
    public async Task<T> TimeSavingAsync<T>(Func<Task<T>> step)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            return await step();
        }
        finally
        {
            Result = Result with { SaveMs = Result.SaveMs + Milliseconds(started) };
        }
    }

    // The first request follows the reading of the page, which has looked; before each further one the world may have moved on.
    private async Task<bool> MaySendAsync(CancellationToken cancellationToken)
    {
        if (_lookedJustNow)
        {
            _lookedJustNow = false;
            return true;
        }

        await using var connection = await rag.Source.OpenConnectionAsync(cancellationToken);
        if (!await LeaseHeartbeat.RenewAsync(connection, input.CabinetId, input.Token, cancellationToken))
        {
            Result = Result with { Superseded = true };
            return false;
        }

        Result = Result with { RetryAt = await ProviderPause.CurrentAsync(connection, cancellationToken) };
        return !Ended;
    }

    // True: one known good text passes, so what was refused is to blame. Once is enough for an interval.
    private async Task<bool> ProbeAsync(string refused, CancellationToken cancellationToken)
    {
        if (_probed)
        {
            return true;
        }

        if (await TrySendAsync([Probe], cancellationToken) is not { } attempt)
        {
            return false;
        }

        if (attempt.Vectors is null)
        {
            var error = $"{attempt.Refused ?? attempt.Unusable ?? refused} — also for a plain word, so it is the configuration: see the settings Embeddings:*";
            EmbeddingLog.ProviderStops(logger, input.CabinetId, error);
            Result = Result with { StopError = error };
            return false;
        }

        return _probed = true;
    }

    // Null: the pass has ended.
    private async Task<Attempt?> TrySendAsync(string[] texts, CancellationToken cancellationToken)
    {
        var sent = Stopwatch.GetTimestamp();
        try
        {
            Result = Result with { Requests = Result.Requests + 1 };
            var answer = await generator.GenerateAsync(texts, cancellationToken: cancellationToken);
            Result = Result with { Inputs = Result.Inputs + texts.Length, Tokens = Result.Tokens + (answer.Usage?.TotalTokenCount ?? 0) };
            return new Attempt(Vectors: [.. answer.Select(embedding => embedding.Vector)]);
        }
        catch (EmbeddingAnswerException exception)
        {
            return new Attempt(Unusable: exception.Message);
        }
        catch (EmbeddingProviderException exception) when (exception.Trouble == ProviderTrouble.Refuse)
        {
            return new Attempt(Refused: exception.Message);
        }
        catch (EmbeddingProviderException exception) when (exception.Trouble == ProviderTrouble.Stop)
        {
            EmbeddingLog.ProviderStops(logger, input.CabinetId, exception.Message);
            Result = Result with { StopError = exception.Message };
            return null;
        }
        catch (EmbeddingProviderException exception)
        {
            var until = await pause.PauseAsync(exception.RetryAfter, exception.Message, Stopwatch.GetElapsedTime(sent), cancellationToken);
            EmbeddingLog.ProviderWaits(logger, input.CabinetId, until, exception.Message);
            Result = Result with { RetryAt = until };
            return null;
        }
        finally
        {
            Result = Result with { EmbedMs = Result.EmbedMs + Milliseconds(sent) };
        }
    }

    private static long Milliseconds(long started) => (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds;

    private sealed record Attempt(IReadOnlyList<ReadOnlyMemory<float>>? Vectors = null, string? Unusable = null, string? Refused = null);
}

/// <summary>Log lines of the embedding. Hashes and counts, never texts.</summary>
internal static partial class EmbeddingLog
{
    // Without what the provider wrote: some quote the text they refuse. It is kept with the chunk.
    [LoggerMessage(5001, LogLevel.Warning, "Cabinet {CabinetId}: the provider refuses the text {Hash} ({Chunks} chunks); rag_metadata.embed_error says why")]
    public static partial void TextRefused(ILogger logger, long cabinetId, string hash, long chunks);

    [LoggerMessage(5002, LogLevel.Warning, "Cabinet {CabinetId}: the embeddings provider must be left alone until {Until:O}: {Error}")]
    public static partial void ProviderWaits(ILogger logger, long cabinetId, DateTimeOffset until, string error);

    [LoggerMessage(5003, LogLevel.Error, "Cabinet {CabinetId}: embedding stops, nothing is marked: {Error}")]
    public static partial void ProviderStops(ILogger logger, long cabinetId, string error);

    [LoggerMessage(5004, LogLevel.Warning, "Cabinet {CabinetId}: an answer for {Texts} texts is not used: {Error}")]
    public static partial void AnswerUnusable(ILogger logger, long cabinetId, int texts, string error);
}
