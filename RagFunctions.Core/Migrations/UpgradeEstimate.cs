using Npgsql;

namespace RagFunctions.Core.Migrations;

/// <summary>What the upgrade of an index made by the original will cost: every text of it is embedded again.</summary>
/// <param name="Cabinets">Cabinets with an index.</param>
/// <param name="Chunks">Chunks of all kinds.</param>
/// <param name="RemovedChunks">Those of products and stocks, which the upgrade removes and the next full run makes again.</param>
/// <param name="Vectors">Vectors, of which one per remaining chunk stays until its text is embedded again.</param>
/// <param name="Tokens">Estimated tokens of all texts.</param>
public sealed record UpgradeEstimate(long Cabinets, long Chunks, long RemovedChunks, long Vectors, long Tokens)
{
    // The step that marks every chunk as not embedded.
    private const long UpgradingStep = 105;

    // A quarter of a token per byte: the rule the provider itself limits requests by. Cyrillic takes two bytes a letter.
    private const string Measure = """
        SELECT count(DISTINCT cabinet_id), count(*), count(*) FILTER (WHERE source_table IN ('wb_products', 'wb_stocks')),
               (SELECT count(*) FROM rag_embeddings), coalesce(sum(octet_length(chunk_text)), 0) / 4
        FROM rag_metadata
        """;

    private const string HasIndex = "SELECT to_regclass('rag_metadata') IS NOT NULL AND to_regclass('rag_embeddings') IS NOT NULL";

    /// <summary>Measures the upgrade; null when migrating <paramref name="rag"/> will re-embed nothing.</summary>
    public static async Task<UpgradeEstimate?> MeasureAsync(NpgsqlDataSource rag, CancellationToken cancellationToken)
    {
        var steps = await SchemaMigrator.ListAsync(MigrationSet.Rag, rag, cancellationToken);
        if (steps.Single(step => step.Number == UpgradingStep).AppliedAt is not null)
        {
            return null;
        }

        await using var exists = rag.CreateCommand(HasIndex);
        if (await exists.ExecuteScalarAsync(cancellationToken) is not true)
        {
            return null;
        }

        await using var measure = rag.CreateCommand(Measure);
        measure.CommandTimeout = 0;
        await using var row = await measure.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        var estimate = new UpgradeEstimate(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), (long)row.GetDecimal(4));
        return estimate.Chunks == 0 ? null : estimate;
    }
}
