using System.Diagnostics;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;
using Pgvector;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Embeddings.Providers;

namespace RagFunctions.Core.Search;

/// <summary>
/// Search within one cabinet, by meaning, by word or by both: the function <c>rag_search</c>, which other readers use too. Every door
/// (HTTP, command line, MCP) comes through here.
/// </summary>
public sealed class IndexSearch(
    RagDatabase rag, IndexEmbedder embedder, QuestionVectors questions, IOptions<SearchOptions> options, TimeProvider time)
{
    private const string Search = """
        SELECT source_table, source_id, chunk_index, nm_id, business_date, chunk_text, score, similarity, vector_rank, text_rank, text_share
        FROM rag_search(
            $1, $2, $3, $4, since => $5, until => $6, as_of => $7, question => $8, mode => $9, kinds => $10, nm_ids => $11,
            min_score => $12, exact_up_to => $13, candidates => $14)
        """;

    // Moscow's clocks have not moved since 2014, and the index holds dates of the last 90 days.
    private static readonly TimeSpan Moscow = TimeSpan.FromHours(3);

    /// <summary>The chunks that answer a question best, the best first. Never a row of another cabinet, an expired or a hidden one.</summary>
    /// <exception cref="ArgumentException">Something of the request is out of its bounds.</exception>
    /// <exception cref="EmbedderMismatchException">The index was made by another embedder; the mode text goes on.</exception>
    /// <exception cref="SearchUnavailableException">The question cannot be embedded now; the mode text goes on.</exception>
    public async Task<SearchAnswer> FindAsync(long cabinetId, SearchRequest request, CancellationToken cancellationToken)
    {
        request.Check();
        // An index without an embedder has no vectors yet, but words.
        if (request.Mode == SearchMode.Text || await embedder.OfSearchAsync(cabinetId, cancellationToken) is not { } asked)
        {
            return request.Mode == SearchMode.Vector
                ? new SearchAnswer([], request.Mode, Model: null, 0, 0)
                : await FindAsync(cabinetId, request, vector: null, cancellationToken);
        }

        try
        {
            return await FindAsync(cabinetId, request, asked, cancellationToken);
        }
        catch (PostgresException error) when (error.SqlState is PostgresErrorCodes.InvalidParameterValue or PostgresErrorCodes.DataException)
        {
            // A change of the model was finished or given up between the question's vector and its comparison.
            if (await embedder.OfSearchAsync(cabinetId, cancellationToken) is not { } now || now == asked)
            {
                throw;
            }

            return await FindAsync(cabinetId, request, now, cancellationToken);
        }
    }

    /// <summary>The same with a vector that the caller has, made by the embedder of <c>Embeddings:*</c>; null searches by word alone.</summary>
    public Task<SearchAnswer> FindAsync(
        long cabinetId, SearchRequest request, ReadOnlyMemory<float>? vector, CancellationToken cancellationToken) =>
        FindAsync(cabinetId, request, vector, embedder.Configured.Model, cancellationToken);

    /// <summary>The same with a vector made by a model that the caller names.</summary>
    public async Task<SearchAnswer> FindAsync(
        long cabinetId, SearchRequest request, ReadOnlyMemory<float>? vector, string model, CancellationToken cancellationToken)
    {
        request.Check();
        var mode = vector is null ? SearchMode.Text : request.Mode;
        var began = Stopwatch.GetTimestamp();
        await using var command = rag.Source.CreateCommand(Search);
        command.CommandTimeout = options.Value.TimeoutSeconds;
        Fill(command.Parameters, cabinetId, request, vector, model, mode);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<SearchHit> hits = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            hits.Add(Hit(reader));
        }

        return new SearchAnswer(
            hits, mode, mode == SearchMode.Text ? null : model, 0, Stopwatch.GetElapsedTime(began).TotalMilliseconds);
    }

    private async Task<SearchAnswer> FindAsync(long cabinetId, SearchRequest request, SearchEmbedder asked, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        var vector = await questions.OfAsync(asked, cabinetId, request.Question, cancellationToken);
        var took = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        return await FindAsync(cabinetId, request, vector, asked.Embedder.Identity.Model, cancellationToken) with { QuestionMilliseconds = took };
    }

    private void Fill(
        NpgsqlParameterCollection parameters, long cabinetId, SearchRequest request, ReadOnlyMemory<float>? vector, string model, SearchMode mode)
    {
        parameters.Add(new NpgsqlParameter<long> { TypedValue = cabinetId });
        parameters.Add(new() { Value = vector is { } given ? new Vector(given) : DBNull.Value, DataTypeName = "vector" });
        parameters.Add(new NpgsqlParameter<string> { TypedValue = model });
        parameters.Add(new NpgsqlParameter<int> { TypedValue = request.Limit });
        parameters.Add(Optional(Midnight(request.From), NpgsqlDbType.TimestampTz));
        parameters.Add(Optional(Midnight(request.To?.AddDays(1)), NpgsqlDbType.TimestampTz));
        parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = time.GetUtcNow() });
        parameters.Add(new NpgsqlParameter<string> { TypedValue = request.Question });
        parameters.Add(new NpgsqlParameter<string> { TypedValue = mode.WireName() });
        parameters.Add(Optional(request.Kinds?.Select(kind => kind.ChunkType()).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text));
        parameters.Add(Optional(request.Articles?.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Bigint));
        parameters.Add(Optional(request.MinScore, NpgsqlDbType.Double));
        // The offline embedder leaves most of a short question at zero, which a bit cannot tell from less: two steps would lose most hits.
        var comparesAll = request.ComparesAll || model == OfflineEmbeddingGenerator.ModelName;
        parameters.Add(new NpgsqlParameter<long> { TypedValue = comparesAll ? long.MaxValue : options.Value.ExactUpTo });
        parameters.Add(new NpgsqlParameter<int> { TypedValue = options.Value.Candidates });
    }

    private static DateTimeOffset? Midnight(DateOnly? day) =>
        day is { } given ? new DateTimeOffset(given, TimeOnly.MinValue, Moscow).ToUniversalTime() : null;

    private static SearchHit Hit(NpgsqlDataReader row) => new(
        EntityNames.TryParseTableName(row.GetString(0), out var entity)
            ? entity
            : throw new InvalidOperationException($"rag_metadata.source_table holds '{row.GetString(0)}', which is no source table."),
        row.GetInt64(1),
        row.GetInt32(2),
        row.GetFieldValue<long?>(3),
        row.GetFieldValue<DateTimeOffset?>(4),
        row.GetString(5),
        row.GetDouble(6),
        row.GetFieldValue<double?>(7),
        row.GetFieldValue<long?>(8),
        row.GetFieldValue<long?>(9),
        row.GetFieldValue<double?>(10));

    private static NpgsqlParameter Optional(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };
}
