using FluentMigrator;

namespace RagFunctions.Core.Migrations.Rag;

/// <summary>
/// The SHA-256 of the text. NULL on rows that are already there until <c>rag backfill-hashes</c> or a run fills it.
/// </summary>
[Migration(102, "chunk_hash")]
public sealed class Step102ChunkHash : Migration
{
    private const string AddHash = """
        ALTER TABLE rag_metadata ADD COLUMN IF NOT EXISTS chunk_hash varchar(64);
        ALTER TABLE rag_metadata ALTER COLUMN chunk_hash TYPE varchar(64), ALTER COLUMN chunk_hash DROP NOT NULL;
        """;

    // Its index goes with the column.
    private const string DropHash = "ALTER TABLE rag_metadata DROP COLUMN IF EXISTS chunk_hash";

    /// <inheritdoc />
    public override void Up() => Execute.Sql(AddHash);

    /// <inheritdoc />
    public override void Down() => Execute.Sql(DropHash);
}
