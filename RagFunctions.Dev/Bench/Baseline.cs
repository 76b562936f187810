using System.Buffers.Text;
using System.Net.Http.Json;
using System.Runtime.InteropServices;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Pgvector;
using RagFunctions.Core;
using RagFunctions.Core.Chunks;

namespace RagFunctions.Dev.Bench;

/// <summary>
/// What the job costs at the least when nothing is promised: the rows and texts that the engine indexes (<see cref="BaselineReader"/>,
/// <see cref="ChunkRenderer"/>), all in memory; embed with 8 requests in parallel, binary COPY to a temporary table, one INSERT … ON
/// CONFLICT, one transaction, nothing overlapped, nothing guarded, nothing resumable, nothing checked afterwards. The engine is
/// measured against it in the same run, so that the ratio does not depend on the machine; the bench compares the texts of both.
/// </summary>
internal sealed class Baseline(NpgsqlDataSource main, NpgsqlDataSource rag, HttpClient embeddings)
{
    private const int Parallel = 8;

    /// <summary>Makes the floor's own two tables, of the index's shape: same keys, same vector storage.</summary>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await using var command = rag.CreateCommand(
            """
            DROP TABLE IF EXISTS floor_embeddings;
            DROP TABLE IF EXISTS floor_metadata;
            CREATE TABLE floor_metadata (
                id bigserial PRIMARY KEY, cabinet_id bigint NOT NULL, source_table varchar(50) NOT NULL, source_id bigint NOT NULL,
                chunk_index integer NOT NULL, chunk_text text NOT NULL, chunk_hash varchar(64) NOT NULL,
                UNIQUE (cabinet_id, source_table, source_id, chunk_index));
            CREATE TABLE floor_embeddings (
                metadata_id bigint PRIMARY KEY REFERENCES floor_metadata (id) ON DELETE CASCADE, embedding vector(1536) NOT NULL);
            ALTER TABLE floor_embeddings ALTER COLUMN embedding SET STORAGE PLAIN;
            """);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Reads the rows (all, or the ids named), embeds what differs from the stored hash, writes it, deletes what is gone.</summary>
    /// <param name="ids">Per table the ids to look at; null = all rows, and then rows that are gone are deleted.</param>
    /// <param name="compare">Whether stored hashes are read and equal texts left alone.</param>
    /// <param name="cancellationToken">Stops between statements.</param>
    /// <returns>Requests and inputs sent.</returns>
    public async Task<(int Requests, int Inputs)> RunAsync(
        long cabinetId, IReadOnlyDictionary<string, long[]>? ids, bool compare, CancellationToken cancellationToken)
    {
        var texts = new List<BaselineText>();
        await using (var source = await main.OpenConnectionAsync(cancellationToken))
        {
            foreach (var entity in EntityNames.All)
            {
                await foreach (var row in BaselineReader.ReadAsync(source, entity, cabinetId, ids?[entity.TableName()], cancellationToken))
                {
                    foreach (var chunk in ChunkRenderer.Render(row).Chunks)
                    {
                        texts.Add(new BaselineText(new BaselineKey(entity.TableName(), row.Id, chunk.Index), chunk.Text, chunk.Hash));
                    }
                }
            }
        }

        await using var connection = await rag.OpenConnectionAsync(cancellationToken);
        var gone = new List<long>();
        if (compare)
        {
            var stored = await HashesAsync(connection, cabinetId, cancellationToken);
            if (ids is null)
            {
                var all = texts.Select(text => text.Key).ToHashSet();
                gone = [.. stored.Where(chunk => !all.Contains(chunk.Key)).Select(chunk => chunk.Value.MetadataId)];
            }

            texts = [.. texts.Where(text => !stored.TryGetValue(text.Key, out var chunk) || chunk.Hash != text.Hash)];
        }

        var size = texts.Count == 0 ? 0 : Math.Clamp((texts.Count + Parallel - 1) / Parallel, 64, 2_048);
        var batches = size == 0 ? [] : texts.Chunk(size).ToArray();
        var vectors = new float[batches.Length][][];
        await System.Threading.Tasks.Parallel.ForEachAsync(
            Enumerable.Range(0, batches.Length),
            new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = cancellationToken },
            async (i, stop) => vectors[i] = await EmbedAsync([.. batches[i].Select(t => t.Text)], stop));

        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await WriteAsync(connection, cabinetId, batches, vectors, cancellationToken);
        if (gone.Count > 0)
        {
            await using var delete = new NpgsqlCommand("DELETE FROM floor_metadata WHERE id = ANY($1)", connection);
            delete.Parameters.Add(new() { Value = gone.ToArray() });
            await delete.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return (batches.Length, texts.Count);
    }

    private static async Task<Dictionary<BaselineKey, (long MetadataId, string Hash)>> HashesAsync(
        NpgsqlConnection connection, long cabinetId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "SELECT source_table, source_id, chunk_index, id, chunk_hash FROM floor_metadata WHERE cabinet_id = $1", connection)
        {
            Parameters = { new() { Value = cabinetId } },
        };
        var hashes = new Dictionary<BaselineKey, (long, string)>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            hashes[new BaselineKey(reader.GetString(0), reader.GetInt64(1), reader.GetInt32(2))] = (reader.GetInt64(3), reader.GetString(4));
        }

        return hashes;
    }

    private async Task<float[][]> EmbedAsync(string[] texts, CancellationToken cancellationToken)
    {
        using var answer = await HttpClientJsonExtensions.PostAsJsonAsync(
            embeddings,
            "embeddings",
            new { model = "text-embedding-3-small", input = texts, dimensions = 1_536, encoding_format = "base64" },
            cancellationToken);
        answer.EnsureSuccessStatusCode();
        return Parse(await answer.Content.ReadAsByteArrayAsync(cancellationToken), texts.Length);
    }

    private static float[][] Parse(byte[] json, int count)
    {
        var vectors = new float[count][];
        var reader = new Utf8JsonReader(json);
        float[]? vector = null;
        var index = -1;
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            if (reader.ValueTextEquals("embedding"u8))
            {
                reader.Read();
                vector = new float[reader.ValueSpan.Length / 4 * 3 / sizeof(float)];
                Base64.DecodeFromUtf8(reader.ValueSpan, MemoryMarshal.AsBytes(vector.AsSpan()), out _, out _);
            }
            else if (reader.ValueTextEquals("index"u8))
            {
                reader.Read();
                index = reader.GetInt32();
            }

            if (vector is not null && index >= 0)
            {
                vectors[index] = vector;
                (vector, index) = (null, -1);
            }
        }

        return vectors;
    }

    private static async Task WriteAsync(
        NpgsqlConnection connection,
        long cabinetId,
        BaselineText[][] batches,
        float[][][] vectors,
        CancellationToken cancellationToken)
    {
        if (batches.Length == 0)
        {
            return;
        }

        await using (var create = new NpgsqlCommand(
            """
            CREATE TEMPORARY TABLE floor_new (
                source_table varchar(50), source_id bigint, chunk_index integer, chunk_text text, chunk_hash varchar(64), embedding vector(1536)) ON COMMIT DROP;
            ALTER TABLE floor_new ALTER COLUMN embedding SET STORAGE PLAIN;
            """,
            connection))
        {
            await create.ExecuteNonQueryAsync(cancellationToken);
        }

        await using (var copy = await connection.BeginBinaryImportAsync(
            "COPY floor_new (source_table, source_id, chunk_index, chunk_text, chunk_hash, embedding) FROM STDIN (FORMAT BINARY)", cancellationToken))
        {
            for (var b = 0; b < batches.Length; b++)
            {
                for (var i = 0; i < batches[b].Length; i++)
                {
                    var (key, text, hash) = batches[b][i];
                    await copy.StartRowAsync(cancellationToken);
                    await copy.WriteAsync(key.Table, cancellationToken);
                    await copy.WriteAsync(key.Id, NpgsqlDbType.Bigint, cancellationToken);
                    await copy.WriteAsync(key.Index, NpgsqlDbType.Integer, cancellationToken);
                    await copy.WriteAsync(text, cancellationToken);
                    await copy.WriteAsync(hash, cancellationToken);
                    await copy.WriteAsync(new Vector(vectors[b][i]), cancellationToken);
                }
            }

            await copy.CompleteAsync(cancellationToken);
        }

        await using var insert = new NpgsqlCommand(
            """
            WITH m AS (
                INSERT INTO floor_metadata (cabinet_id, source_table, source_id, chunk_index, chunk_text, chunk_hash)
                SELECT $1, source_table, source_id, chunk_index, chunk_text, chunk_hash FROM floor_new
                ON CONFLICT (cabinet_id, source_table, source_id, chunk_index) DO UPDATE SET chunk_text = EXCLUDED.chunk_text, chunk_hash = EXCLUDED.chunk_hash
                RETURNING id, source_table, source_id, chunk_index)
            INSERT INTO floor_embeddings (metadata_id, embedding)
            SELECT m.id, n.embedding FROM m JOIN floor_new n USING (source_table, source_id, chunk_index)
            ON CONFLICT (metadata_id) DO UPDATE SET embedding = EXCLUDED.embedding
            """,
            connection)
        {
            CommandTimeout = 600,
            Parameters = { new() { Value = cabinetId } },
        };
        await insert.ExecuteNonQueryAsync(cancellationToken);
    }
}

/// <summary>Which chunk of which row.</summary>
internal readonly record struct BaselineKey(string Table, long Id, int Index);

/// <summary>A text the floor may have to embed.</summary>
internal readonly record struct BaselineText(BaselineKey Key, string Text, string Hash);
