using System.Data;
using FluentMigrator;
using Npgsql;

namespace RagFunctions.Core.Migrations.Rag;

/// <summary>
/// Tenant, kind and model on the row that carries the vector; one vector per chunk, the newest; vectors in line. An approximate
/// index that is there stays.
/// </summary>
[Migration(106, "vectors: one per chunk, tenant beside the vector, in line")]
public sealed class Step106Vectors : Migration
{
    // The original refreshes the first vector of a chunk it finds, so the newest is the one touched last, not the highest id.
    private const string KeepNewest = """
        DELETE FROM rag_embeddings e USING (
            SELECT id, row_number() OVER (PARTITION BY metadata_id ORDER BY coalesce(updated_at, created_at) DESC, id DESC) AS age
            FROM rag_embeddings) AS ranked
        WHERE ranked.id = e.id AND ranked.age > 1;
        """;

    private const string FillColumns = """
        ALTER TABLE rag_embeddings
            ADD COLUMN cabinet_id bigint,
            ADD COLUMN chunk_type varchar(20),
            ADD COLUMN model text;
        UPDATE rag_embeddings e
        SET cabinet_id = m.cabinet_id, chunk_type = m.chunk_type, model = 'unknown'
        FROM rag_metadata m WHERE m.id = e.metadata_id;
        """;

    // One rewriting ALTER: SET STORAGE alone moves no vector, and each type change alone would rewrite the table again.
    private const string Rewrite = """
        ALTER TABLE rag_embeddings
            ALTER COLUMN id TYPE bigint,
            ALTER COLUMN metadata_id TYPE bigint,
            ALTER COLUMN embedding SET STORAGE PLAIN,
            ALTER COLUMN cabinet_id SET NOT NULL,
            ALTER COLUMN chunk_type SET NOT NULL,
            ALTER COLUMN model SET NOT NULL,
            ADD CONSTRAINT uq_rag_embeddings_metadata UNIQUE (metadata_id);
        ALTER SEQUENCE rag_embeddings_id_seq AS bigint;
        DROP INDEX idx_rag_embeddings_metadata_id;
        """;

    private const string SelectApproximateIndexes = """
        SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
        FROM pg_index i
        JOIN pg_class c ON c.oid = i.indexrelid
        JOIN pg_am a ON a.oid = c.relam
        WHERE i.indrelid = 'rag_embeddings'::regclass AND a.amname IN ('hnsw', 'ivfflat') AND i.indisvalid
        """;

    private const string DropColumns = """
        CREATE INDEX IF NOT EXISTS idx_rag_embeddings_metadata_id ON rag_embeddings (metadata_id);
        ALTER TABLE rag_embeddings
            DROP CONSTRAINT uq_rag_embeddings_metadata,
            DROP COLUMN cabinet_id,
            DROP COLUMN chunk_type,
            DROP COLUMN model;
        """;

    /// <inheritdoc />
    public override void Up() => Execute.WithConnection((connection, transaction) =>
    {
        // Taken off and put back: otherwise each row updated here is inserted into it, at several milliseconds a row.
        var indexes = ReadApproximateIndexes(connection, transaction);
        foreach (var (name, _) in indexes)
        {
            Run(connection, transaction, $"DROP INDEX {name}");
        }

        Run(connection, transaction, KeepNewest + FillColumns + Rewrite);
        foreach (var (_, definition) in indexes)
        {
            Run(connection, transaction, definition);
        }
    });

    /// <summary>The vectors stay in line and the widened ids wide; both are invisible to readers.</summary>
    public override void Down() => Execute.Sql(DropColumns);

    private static List<(string Name, string Definition)> ReadApproximateIndexes(IDbConnection connection, IDbTransaction transaction)
    {
        using var command = new NpgsqlCommand(SelectApproximateIndexes, (NpgsqlConnection)connection, (NpgsqlTransaction)transaction);
        using var reader = command.ExecuteReader();
        List<(string, string)> indexes = [];
        while (reader.Read())
        {
            indexes.Add((reader.GetString(0), reader.GetString(1)));
        }

        return indexes;
    }

    private static void Run(IDbConnection connection, IDbTransaction transaction, string sql)
    {
        using var command = new NpgsqlCommand(sql, (NpgsqlConnection)connection, (NpgsqlTransaction)transaction) { CommandTimeout = 0 };
        command.ExecuteNonQuery();
    }
}
