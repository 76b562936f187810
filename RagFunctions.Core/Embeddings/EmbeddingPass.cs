using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;
using Polly;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Embeddings.Providers;
using RagFunctions.Core.Leases;

namespace RagFunctions.Core.Embeddings;

/// <summary>One working-through of an interval: pays, sends, stores, decides what an error means, and keeps count.</summary>
/// <param name="sofar">What the interval has come to before.</param>
internal sealed class EmbeddingPass(EmbedBatchInput input, EmbeddingPassServices services, EmbedBatchResult sofar)
{
    // A request that builds the next generation waits no longer for its turn: the run has the changes of the cabinet to serve.
    private static readonly TimeSpan PatienceForNext = TimeSpan.FromSeconds(30);

    // A request that is refused says nothing of whose fault it is; this text is nobody's.
    private const string Probe = "проверка";

    private readonly EmbeddingsOptions _options = services.Embedder.Options;

    private bool _probed;
    private bool _lookedJustNow;
    private bool _onProbation;

    /// <summary>The sums so far.</summary>
    public EmbedBatchResult Result { get; private set; } = sofar;

    /// <summary>Nothing more may be sent.</summary>
    public bool Ended => Result.Superseded || Result.RetryAt is not null || Result.StopError is not null || Result.Budget is not null || Result.Postponed;

    /// <summary>Reads what waits behind a hash, after giving it what the index already has.</summary>
    public Task<PendingPage> ReadAsync(string from, CancellationToken cancellationToken) => TimeSavingAsync(
        () => services.Pending.ReadAsync(input.CabinetId, input.Token, from, input.Interval.To, cancellationToken));

    /// <summary>Takes over what a page says; false when there is nothing to send.</summary>
    public async Task<bool> MayGoOnAsync(PendingPage page, CancellationToken cancellationToken)
    {
        Result = Result with { Reused = Result.Reused + page.Reused };
        _lookedJustNow = true;
        _onProbation = page.OnProbation;
        if (!page.LeaseHeld)
        {
            Result = Result with { Superseded = true };
        }
        else if (page.Recorded is { } recorded && recorded != services.Embedder.Identity)
        {
            Result = Result with { StopError = EmbedderMismatchException.Text(recorded, services.Embedder.Identity) };
        }
        else if (page.Texts.Count > 0 && page.NotBefore is { } notBefore)
        {
            Result = Result with { RetryAt = notBefore };
        }
        else if (page.Texts.Count > 0 && page.StoreFailures > 0)
        {
            await RehearseAsync(page.Texts[0], cancellationToken);
        }

        return !Ended && page.Texts.Count > 0;
    }

    /// <summary>Sends the requests one after another, halving those that are refused, until done or <see cref="Ended"/>.</summary>
    public async Task SendAsync(IEnumerable<IReadOnlyList<PendingText>> requests, CancellationToken cancellationToken)
    {
        var open = new Stack<IReadOnlyList<PendingText>>(requests.Reverse());
        while (open.TryPop(out var texts) && await MaySendAsync(cancellationToken))
        {
            if (await TrySendAsync([.. texts.Select(text => text.Text)], texts.Sum(text => (long)text.Bytes), cancellationToken) is not { } attempt)
            {
                return;
            }

            if (attempt.Vectors is { } vectors)
            {
                await StoreAsync(texts, vectors, cancellationToken);
            }
            else if (attempt.Refused is { } refused)
            {
                if (!await ProbeAsync(refused, cancellationToken))
                {
                    return;
                }

                if (texts.Count == 1)
                {
                    await RefuseAsync(texts[0], refused, cancellationToken);
                }
                else
                {
                    open.Push([.. texts.Skip(texts.Count / 2)]);
                    open.Push([.. texts.Take(texts.Count / 2)]);
                }
            }
            else if (!attempt.MayBeSettings || await ProbeAsync(attempt.Unusable!, cancellationToken))
            {
                await KeepUnansweredAsync(texts, attempt.Unusable!, cancellationToken);
            }
        }
    }

    /// <summary>Keeps an error with a text that no request can carry.</summary>
    public async Task RefuseAsync(PendingText text, string error, CancellationToken cancellationToken)
    {
        var chunks = await TimeSavingAsync(() => services.Writer.RefuseAsync(input.CabinetId, text.Hash, error, cancellationToken));
        EmbeddingLog.TextRefused(services.Logger, input.CabinetId, text.Hash, chunks);
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

        if (Ended)
        {
            return false;
        }

        await using var connection = await services.Rag.Source.OpenConnectionAsync(cancellationToken);
        if (!await LeaseHeartbeat.RenewAsync(connection, input.CabinetId, input.Token, cancellationToken))
        {
            Result = Result with { Superseded = true };
            return false;
        }

        Result = Result with { RetryAt = await services.Pause.CurrentAsync(connection, cancellationToken) };
        return !Ended;
    }

    // What is paid is stored from memory as long as this step lives: another request would be another payment.
    private async Task StoreAsync(IReadOnlyList<PendingText> texts, IReadOnlyList<ReadOnlyMemory<float>> vectors, CancellationToken cancellationToken)
    {
        try
        {
            var stored = await TimeSavingAsync(async () => await services.StoreAgain.ExecuteAsync(
                async token => await services.Writer.StoreAsync(input.CabinetId, texts, vectors, token), cancellationToken));
            Result = Result with { Embedded = Result.Embedded + stored };
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            StoreFailed($"the vectors of {texts.Count} texts are paid and cannot be stored: {exception.Message}");
            await KeepUnansweredAsync(texts, Result.StopError!, cancellationToken);
        }
    }

    // Nothing is paid before the database has shown that it takes vectors again.
    private async Task RehearseAsync(PendingText text, CancellationToken cancellationToken)
    {
        try
        {
            await TimeSavingAsync(async () => await services.Writer.RehearseAsync(input.CabinetId, text, cancellationToken));
        }
        catch (NpgsqlException exception)
        {
            StoreFailed($"vectors still cannot be stored, so none is paid for: {exception.Message}");
        }
    }

    private void StoreFailed(string error)
    {
        EmbeddingLog.StoreFails(services.Logger, input.CabinetId, error);
        Result = Result with { StopError = error, StoreFailed = true };
    }

    private async Task KeepUnansweredAsync(IReadOnlyList<PendingText> texts, string error, CancellationToken cancellationToken)
    {
        EmbeddingLog.AnswerUnusable(services.Logger, input.CabinetId, texts.Count, error);
        Result = Result with { Error = Result.Error ?? error };
        try
        {
            await TimeSavingAsync(() => services.Writer.KeepUnansweredAsync(input.CabinetId, texts, error, cancellationToken));
        }
        catch (NpgsqlException exception) when (Result.StopError is null)
        {
            // Thrown, it would bring the same request again, and the same bill.
            StoreFailed($"what came of {texts.Count} texts cannot be kept: {exception.Message}");
        }
        catch (NpgsqlException)
        {
            // The database takes nothing at all; the pause of the cabinet is what holds.
        }
    }

    // True: one known good text passes, so what was refused is to blame. Once is enough for an interval.
    private async Task<bool> ProbeAsync(string refused, CancellationToken cancellationToken)
    {
        if (_probed)
        {
            return true;
        }

        if (await TrySendAsync([Probe], Probe.Length * 2, cancellationToken) is not { } attempt)
        {
            return false;
        }

        if (attempt.Vectors is null)
        {
            var error = $"{attempt.Refused ?? attempt.Unusable ?? refused} — also for a plain word, so it is the configuration: see the settings Embeddings:*";
            EmbeddingLog.ProviderStops(services.Logger, input.CabinetId, error);
            Result = Result with { StopError = error };
            return false;
        }

        return _probed = true;
    }

    // Null: the pass has ended.
    private async Task<Attempt?> TrySendAsync(string[] texts, long bytes, CancellationToken cancellationToken)
    {
        var estimate = TokenEstimate.OfBytes(bytes + (texts.Length * (long)_options.PassagePrefix.Length));
        if (input.IsLarge && !await TakeTurnAsync(estimate, cancellationToken))
        {
            return null;
        }

        var request = new OpenRequest(Guid.NewGuid(), input.CabinetId, input.RunId, texts.Length, estimate, _options.PriceOf(estimate));
        if (await services.Payments.OpenAsync(request, cancellationToken) is { } budget)
        {
            Result = Result with { Budget = budget };
            return null;
        }

        var sent = Stopwatch.GetTimestamp();
        Result = Result with { Requests = Result.Requests + 1 };
        try
        {
            var answer = await services.Embedder.Generator.GenerateAsync(
                _options.PassagePrefix.Length == 0 ? texts : texts.Select(text => _options.PassagePrefix + text), cancellationToken: cancellationToken);
            Result = Result with { EmbedMs = Result.EmbedMs + Milliseconds(sent) };
            return await PayAsync(request, answer.Usage?.TotalTokenCount ?? 0, cancellationToken)
                ? new Attempt(Vectors: [.. answer.Select(embedding => embedding.Vector)])
                : null;
        }
        catch (EmbeddingAnswerException exception)
        {
            Result = Result with { EmbedMs = Result.EmbedMs + Milliseconds(sent) };
            return await PayAsync(request, exception.Tokens, cancellationToken)
                ? new Attempt(Unusable: exception.Message, MayBeSettings: exception.Kind == AnswerTrouble.WrongLength)
                : null;
        }
        catch (EmbeddingProviderException exception)
        {
            Result = Result with { EmbedMs = Result.EmbedMs + Milliseconds(sent) };
            if (exception.LostTries > 0)
            {
                Result = Result with { Lost = Result.Lost + exception.LostTries };
                await services.Payments.LoseAsync(request.Id, exception.LostTries, cancellationToken);
            }
            else
            {
                await services.Payments.SettleAsync(request.Id, 0, 0, 0, cancellationToken);
            }

            return await JudgeAsync(exception, texts.Length == 1 && texts[0] == Probe, Stopwatch.GetElapsedTime(sent), cancellationToken);
        }
    }

    private async Task<bool> TakeTurnAsync(long tokens, CancellationToken cancellationToken)
    {
        switch (await services.Pace.WaitAsync(tokens, input.Interval.IsNext ? PatienceForNext : null, cancellationToken))
        {
            case null:
                Result = Result with { Postponed = true };
                return false;
            case true:
                return await MaySendAsync(cancellationToken);
            default:
                return true;
        }
    }

    private async Task<Attempt?> JudgeAsync(EmbeddingProviderException exception, bool isProbe, TimeSpan sinceSent, CancellationToken cancellationToken)
    {
        switch (exception.Trouble)
        {
            case ProviderTrouble.Refuse:
                return new Attempt(Refused: exception.Message);
            case ProviderTrouble.Stop:
                EmbeddingLog.ProviderStops(services.Logger, input.CabinetId, exception.Message);
                Result = Result with { StopError = exception.Message };
                return null;
        }

        // After a pause the same nameless answer again: if a plain word passes, it is due to a text and must not stop everybody.
        if (exception.IsNameless && _onProbation && !isProbe && !_probed)
        {
            return await ProbeAsync(exception.Message, cancellationToken) ? new Attempt(Unusable: exception.Message) : null;
        }

        if (exception.IsNameless && _probed)
        {
            return new Attempt(Unusable: exception.Message);
        }

        var until = await services.Pause.PauseAsync(exception.RetryAfter, exception.Message, sinceSent, cancellationToken);
        EmbeddingLog.ProviderWaits(services.Logger, input.CabinetId, until, exception.Message);
        Result = Result with { RetryAt = until };
        return null;
    }

    // Before anything is stored. Where it cannot be booked, the estimate stays on the book, and the pass ends: null would be another payment.
    private async Task<bool> PayAsync(OpenRequest request, long counted, CancellationToken cancellationToken)
    {
        // Servers that do not count leave the estimate as the only figure there is.
        var tokens = counted > 0 ? counted : request.EstimatedTokens;
        Result = Result with { Inputs = Result.Inputs + request.Inputs, Tokens = Result.Tokens + tokens, Usd = Result.Usd + _options.PriceOf(tokens) };
        try
        {
            await services.StoreAgain.ExecuteAsync(
                async token => await services.Payments.SettleAsync(request.Id, request.Inputs, tokens, _options.PriceOf(tokens), token), cancellationToken);
            return true;
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            StoreFailed($"{request.Inputs} texts are paid and nothing can be booked: {exception.Message}");
            return false;
        }
    }

    private static long Milliseconds(long started) => (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds;

    private sealed record Attempt(
        IReadOnlyList<ReadOnlyMemory<float>>? Vectors = null, string? Unusable = null, string? Refused = null, bool MayBeSettings = false);
}

/// <summary>What a pass works with.</summary>
/// <param name="StoreAgain">How a database that does not take what is paid is asked again.</param>
internal sealed record EmbeddingPassServices(
    RagDatabase Rag,
    PendingTexts Pending,
    VectorWriter Writer,
    ProviderPause Pause,
    EmbeddingPayments Payments,
    ProviderPace Pace,
    Embedder Embedder,
    ResiliencePipeline StoreAgain,
    ILogger Logger);

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

    [LoggerMessage(5005, LogLevel.Error, "Cabinet {CabinetId}: {Error}")]
    public static partial void StoreFails(ILogger logger, long cabinetId, string error);
}
