using Microsoft.Extensions.AI;
using Npgsql;
using NpgsqlTypes;
using Pgvector;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Embeddings.Providers;

namespace RagFunctions.Core.Search;

/// <summary>Exact search within one cabinet, by the function <c>rag_search</c> that other readers use too.</summary>
public sealed class VectorSearch(
    RagDatabase rag, IndexEmbedder embedder, IEmbeddingGenerator<string, Embedding<float>> generator, TimeProvider time)
{
    private const string Search =
        """
        SELECT source_table, source_id, chunk_index, nm_id, business_date, chunk_text, similarity
        FROM rag_search($1, $2, $3, $4, $5, $6, $7, $8)
        """;

    /// <summary>The chunks nearest to a text, the nearest first. Never a row of another cabinet, an expired or a hidden one.</summary>
    /// <exception cref="ArgumentException">The text is empty or the limit out of its bounds.</exception>
    /// <exception cref="EmbedderMismatchException">The index was made by another embedder.</exception>
    /// <exception cref="EmbeddingProviderException">The question cannot be embedded.</exception>
    public async Task<IReadOnlyList<SearchHit>> SearchAsync(
        long cabinetId, string text, SearchFilter filter, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(text);
        ArgumentOutOfRangeException.ThrowIfLessThan(filter.Limit, 1, nameof(filter));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(filter.Limit, SearchFilter.MaxLimit, nameof(filter));
        if (!await embedder.CheckAsync(cancellationToken))
        {
            return [];
        }

        var question = await generator.GenerateAsync([text], cancellationToken: cancellationToken);
        return await FindAsync(cabinetId, question[0].Vector, filter, cancellationToken);
    }

    /// <summary>The same for a vector that the caller has, made by the index's embedder.</summary>
    public async Task<IReadOnlyList<SearchHit>> FindAsync(
        long cabinetId, ReadOnlyMemory<float> question, SearchFilter filter, CancellationToken cancellationToken)
    {
        await using var command = rag.Source.CreateCommand(Search);
        command.Parameters.Add(new() { Value = cabinetId });
        command.Parameters.Add(new() { Value = new Vector(question) });
        command.Parameters.Add(new() { Value = embedder.Configured.Model });
        command.Parameters.Add(new() { Value = filter.Limit });
        command.Parameters.Add(Optional(filter.Entity?.ChunkType(), NpgsqlDbType.Text));
        command.Parameters.Add(Optional(filter.NmId, NpgsqlDbType.Bigint));
        command.Parameters.Add(Optional(filter.Since?.ToUniversalTime(), NpgsqlDbType.TimestampTz));
        command.Parameters.Add(new() { Value = time.GetUtcNow() });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<SearchHit> hits = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            hits.Add(Hit(reader));
        }

        return hits;
    }

    private static SearchHit Hit(NpgsqlDataReader row) => new(
        EntityNames.TryParseTableName(row.GetString(0), out var entity)
            ? entity
            : throw new InvalidOperationException($"rag_metadata.source_table holds '{row.GetString(0)}', which is no source table."),
        row.GetInt64(1),
        row.GetInt32(2),
        row.IsDBNull(3) ? null : row.GetInt64(3),
        row.IsDBNull(4) ? null : row.GetFieldValue<DateTimeOffset>(4),
        row.GetString(5),
        row.GetDouble(6));

    private static NpgsqlParameter Optional(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };
}

/// <summary>What a search is limited to.</summary>
/// <param name="Entity">One kind of chunk; null: all.</param>
/// <param name="NmId">One article; null: all.</param>
/// <param name="Since">Chunks whose business date is not earlier; products and stocks have none and are left out. Null: all.</param>
/// <param name="Limit">Hits at most, 1…200.</param>
public sealed record SearchFilter(Entity? Entity = null, long? NmId = null, DateTimeOffset? Since = null, int Limit = 5)
{
    /// <summary>The most hits of one search.</summary>
    public const int MaxLimit = 200;
}

/// <summary>A chunk that was found.</summary>
/// <param name="Entity">What it is about.</param>
/// <param name="SourceId">The source row.</param>
/// <param name="ChunkIndex">0, or the number of a part of a long text.</param>
/// <param name="NmId">The article.</param>
/// <param name="BusinessDate">Date of the order, review or sale.</param>
/// <param name="Text">The text.</param>
/// <param name="Similarity">1 − cosine distance to the question: 1 is the same direction, 0 unrelated.</param>
public sealed record SearchHit(
    Entity Entity, long SourceId, int ChunkIndex, long? NmId, DateTimeOffset? BusinessDate, string Text, double Similarity);
