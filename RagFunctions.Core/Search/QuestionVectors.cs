using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Embeddings.Providers;

namespace RagFunctions.Core.Search;

/// <summary>The vector of a question: asked for once in some minutes, booked before it is used, and never asked for while the provider pauses.</summary>
public sealed class QuestionVectors(
    RagDatabase rag, IOptions<SearchOptions> options, TimeProvider time) : IDisposable
{
    // 6 KB each: 12 MB at most.
    private const int MostKept = 2_000;

    private const string ReadPause = """
        SELECT extract(epoch FROM not_before - clock_timestamp())::float8 FROM rag_provider WHERE not_before > clock_timestamp()
        """;

    // It counts against the budgets, whose day is that of the database. A spent budget refuses no question: only texts can wait.
    private const string Book = """
        INSERT INTO rag_question_costs AS c (cabinet_id, day, questions, tokens, cost_usd)
        VALUES ($1, (clock_timestamp() AT TIME ZONE 'UTC')::date, 1, $2, $3)
        ON CONFLICT (cabinet_id, day) DO UPDATE
        SET questions = c.questions + 1, tokens = c.tokens + EXCLUDED.tokens, cost_usd = c.cost_usd + EXCLUDED.cost_usd
        """;

    // Where the provider names no time: a person asks again sooner than a run does.
    private static readonly TimeSpan ShortWait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongWait = TimeSpan.FromMinutes(1);

    private readonly MemoryCache _kept = new(new MemoryCacheOptions { SizeLimit = MostKept });

    /// <summary>The question's vector.</summary>
    /// <param name="asked">The embedder of the generation which the cabinet is searched by.</param>
    /// <param name="cabinetId">Who pays.</param>
    /// <param name="question">In words.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <exception cref="SearchUnavailableException">The provider pauses, does not answer in time, or refuses.</exception>
    public async Task<ReadOnlyMemory<float>> OfAsync(SearchEmbedder asked, long cabinetId, string question, CancellationToken cancellationToken)
    {
        var embedder = asked.Embedder;
        var key = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{embedder.Identity}\n{question}")));
        var lifetime = TimeSpan.FromMinutes(options.Value.CacheMinutes);
        if (_kept.TryGetValue(key, out Kept? kept) && time.GetUtcNow() - kept!.At < lifetime)
        {
            return kept.Vector;
        }

        await RefuseInPauseAsync(Generation.Of(asked.IsNext), cancellationToken);
        var answer = await AskAsync(embedder, question, cancellationToken);
        await BookAsync(cabinetId, answer.Usage?.InputTokenCount ?? 0, embedder.Options, cancellationToken);
        var vector = answer[0].Vector;
        if (lifetime > TimeSpan.Zero)
        {
            _kept.Set(key, new Kept(vector, time.GetUtcNow()), new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = lifetime });
        }

        return vector;
    }

    /// <inheritdoc />
    public void Dispose() => _kept.Dispose();

    private async Task RefuseInPauseAsync(Generation generation, CancellationToken cancellationToken)
    {
        await using var command = rag.Source.CreateCommand(generation.Sql(ReadPause));
        if (await command.ExecuteScalarAsync(cancellationToken) is double seconds)
        {
            throw new SearchUnavailableException("The embeddings provider pauses; the mode text goes on.", TimeSpan.FromSeconds(Math.Max(1, seconds)));
        }
    }

    private async Task<GeneratedEmbeddings<Embedding<float>>> AskAsync(
        Embedder embedder, string question, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(options.Value.QuestionSeconds), time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            return await embedder.Generator.GenerateAsync([embedder.Options.QueryPrefix + question], cancellationToken: both.Token);
        }
        catch (EmbeddingProviderException error)
        {
            throw new SearchUnavailableException(
                $"The question cannot be embedded; the mode text goes on. {Sentence(error.Message)}",
                error.RetryAfter ?? (error.Trouble == ProviderTrouble.Wait ? ShortWait : LongWait),
                error);
        }
        catch (EmbeddingAnswerException error)
        {
            throw new SearchUnavailableException("The embeddings provider's answer cannot be used; the mode text goes on.", ShortWait, error);
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SearchUnavailableException("The embeddings provider does not answer in time; the mode text goes on.", ShortWait, error);
        }
    }

    private async Task BookAsync(long cabinetId, long tokens, EmbeddingsOptions embeddings, CancellationToken cancellationToken)
    {
        await using var command = rag.Source.CreateCommand(Book);
        command.Parameters.Add(Parameter.Of(cabinetId));
        command.Parameters.Add(Parameter.Of(tokens));
        command.Parameters.Add(Parameter.Of(embeddings.PriceOf(tokens)));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static string Sentence(string message) => char.ToUpperInvariant(message[0]) + message[1..] + (message.EndsWith('.') ? "" : ".");

    private sealed record Kept(ReadOnlyMemory<float> Vector, DateTimeOffset At);
}
