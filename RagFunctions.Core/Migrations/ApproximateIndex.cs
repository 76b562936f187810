using System.Globalization;
using Npgsql;

namespace RagFunctions.Core.Migrations;

/// <summary>
/// The optional HNSW index over the vectors. Search inside a cabinet is exact without it; see docs/migrations.md for what it
/// costs each write. Vectors of more than 2,000 dimensions are in it with half the bits a number: a reader who wants it used then compares
/// <c>embedding::halfvec(n)</c>.
/// </summary>
public static class ApproximateIndex
{
    /// <summary>Its name, the original's.</summary>
    public const string Name = "idx_rag_embeddings_vector";

    /// <summary>pgvector's HNSW takes vectors of so many dimensions.</summary>
    public const int LongestVector = 2_000;

    /// <summary>And so many where each number has half the bits.</summary>
    public const int LongestHalfVector = 4_000;

    private const string SelectDimensions =
        "SELECT atttypmod FROM pg_attribute WHERE attrelid = 'rag_embeddings'::regclass AND attname = 'embedding'";

    private const string Drop = "DROP INDEX CONCURRENTLY IF EXISTS idx_rag_embeddings_vector";

    private const string Set = "SELECT set_config('maintenance_work_mem', $1, false), set_config('max_parallel_maintenance_workers', $2, false)";

    private const string SelectState = """
        SELECT i.indisvalid, pg_relation_size(i.indexrelid), p.phase, p.blocks_done, p.blocks_total, p.tuples_done
        FROM pg_class t
        LEFT JOIN (pg_index i JOIN pg_class c ON c.oid = i.indexrelid AND c.relname = 'idx_rag_embeddings_vector') ON i.indrelid = t.oid
        LEFT JOIN pg_stat_progress_create_index p ON p.datname = current_database() AND p.relid = t.oid
        WHERE t.oid = 'rag_embeddings'::regclass
        ORDER BY i.indexrelid IS NULL
        LIMIT 1
        """;

    // The settings are the session's, because a concurrent build has no transaction to bind them to. Whoever gets the session next
    // shall not have them.
    private const string Reset = "RESET maintenance_work_mem; RESET max_parallel_maintenance_workers";

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>Whether the index is there, whole, or being built.</summary>
    public static async Task<ApproximateIndexState> ReadStateAsync(NpgsqlDataSource rag, CancellationToken cancellationToken)
    {
        await using var command = rag.CreateCommand(SelectState);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return new ApproximateIndexState(
            Exists: !row.IsDBNull(0),
            IsValid: !row.IsDBNull(0) && row.GetBoolean(0),
            SizeBytes: row.IsDBNull(1) ? 0 : row.GetInt64(1),
            BuildPhase: row.IsDBNull(2) ? null : row.GetString(2),
            BlocksDone: row.IsDBNull(3) ? 0 : row.GetInt64(3),
            BlocksTotal: row.IsDBNull(4) ? 0 : row.GetInt64(4),
            VectorsDone: row.IsDBNull(5) ? 0 : row.GetInt64(5));
    }

    /// <summary>
    /// Builds the index while the table is read and written. What an interrupted build left behind is dropped first; an index
    /// that is whole is left alone.
    /// </summary>
    /// <param name="rag">The index database.</param>
    /// <param name="memory">Working memory of the build, such as <c>1GB</c>. A build whose graph does not fit is many times slower.</param>
    /// <param name="workers">Parallel workers beside the building process.</param>
    /// <param name="onProgress">Called about twice a second while it builds.</param>
    /// <param name="cancellationToken">Cancels the build; the unfinished index stays INVALID until the next call.</param>
    /// <returns>False when there was nothing to do.</returns>
    /// <exception cref="NotSupportedException">The vectors are longer than such an index takes.</exception>
    public static async Task<bool> CreateAsync(
        NpgsqlDataSource rag, string memory, int workers, Action<ApproximateIndexState> onProgress, CancellationToken cancellationToken)
    {
        await using var alone = await MigrationLock.TakeAsync(rag, () => { }, cancellationToken);
        await using var connection = await rag.OpenConnectionAsync(cancellationToken);
        try
        {
            var state = await ReadStateAsync(rag, cancellationToken);
            if (state.IsValid)
            {
                return false;
            }

            await using var length = new NpgsqlCommand(SelectDimensions, connection);
            var create = Create((int)(await length.ExecuteScalarAsync(cancellationToken))!);
            await using var settings = new NpgsqlCommand(Set, connection);
            settings.Parameters.AddWithValue(memory);
            settings.Parameters.AddWithValue(workers.ToString(CultureInfo.InvariantCulture));
            await settings.ExecuteNonQueryAsync(cancellationToken);
            await RunAsync(connection, Drop, cancellationToken);
            var building = RunAsync(connection, create, cancellationToken);
            while (await Task.WhenAny(building, Task.Delay(PollInterval, cancellationToken)) != building && !cancellationToken.IsCancellationRequested)
            {
                onProgress(await ReadStateAsync(rag, cancellationToken));
            }

            await building;
            return true;
        }
        finally
        {
            await RunAsync(connection, Reset, CancellationToken.None);
        }
    }

    /// <summary>Drops the index while the table is read and written; nothing happens when there is none.</summary>
    public static async Task DropAsync(NpgsqlDataSource rag, CancellationToken cancellationToken)
    {
        await using var connection = await rag.OpenConnectionAsync(cancellationToken);
        await RunAsync(connection, Drop, cancellationToken);
    }

    // A length is part of a type and cannot be a parameter.
    private static string Create(int dimensions)
    {
        var vectors = dimensions switch
        {
            <= LongestVector => "embedding vector_cosine_ops",
            <= LongestHalfVector => string.Create(CultureInfo.InvariantCulture, $"(embedding::halfvec({dimensions})) halfvec_cosine_ops"),
            _ => throw new NotSupportedException(string.Create(
                CultureInfo.InvariantCulture, $"an HNSW index takes vectors of at most {LongestHalfVector:N0} dimensions; those of this index have {dimensions:N0}")),
        };
        return $"""
            CREATE INDEX CONCURRENTLY idx_rag_embeddings_vector ON rag_embeddings
            USING hnsw ({vectors}) WITH (m = 16, ef_construction = 64)
            """;
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

/// <summary>What is known about the optional approximate index.</summary>
/// <param name="Exists">There is one, whole or not.</param>
/// <param name="IsValid">It is whole and used.</param>
/// <param name="SizeBytes">Its size on disk.</param>
/// <param name="BuildPhase">What a build under way is doing, in PostgreSQL's words; null when none is.</param>
/// <param name="BlocksDone">Blocks of the table the current phase has read.</param>
/// <param name="BlocksTotal">Blocks the current phase will read; 0 when unknown.</param>
/// <param name="VectorsDone">Vectors put into the index so far.</param>
public sealed record ApproximateIndexState(
    bool Exists, bool IsValid, long SizeBytes, string? BuildPhase, long BlocksDone, long BlocksTotal, long VectorsDone);
