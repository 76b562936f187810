using Npgsql;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Migrations.Original;

/// <summary>Databases as the original system makes them.</summary>
internal static class OriginalSchema
{
    private const string FillHashes = "UPDATE rag_metadata SET chunk_hash = encode(sha256(convert_to(chunk_text, 'UTF8')), 'hex')";

    /// <summary>The source tables.</summary>
    public static Task MakeMainAsync(NpgsqlDataSource database) => RunAsync(database, "main");

    /// <summary>The index in one of its deployments, empty.</summary>
    public static async Task MakeRagAsync(NpgsqlDataSource database, RagDeployment deployment)
    {
        foreach (var script in ScriptsOf(deployment))
        {
            await RunAsync(database, script);
        }
    }

    /// <summary>The index in one of its deployments, with the rows of <c>rag-data.sql</c>; hashes filled where there is a column.</summary>
    public static async Task MakeFilledRagAsync(NpgsqlDataSource database, RagDeployment deployment)
    {
        await MakeRagAsync(database, deployment);
        await RunAsync(database, "rag-data");
        if (deployment != RagDeployment.SqlWithoutHash)
        {
            await database.ExecuteAsync(FillHashes);
        }
    }

    private static string[] ScriptsOf(RagDeployment deployment) => deployment switch
    {
        RagDeployment.ServiceStart => ["rag-create-all"],
        RagDeployment.SqlWithoutHash => ["rag-001-create"],
        RagDeployment.SqlThenHash => ["rag-001-create", "rag-001-chunk-hash"],
        RagDeployment.DocumentedFreshDeployment => ["rag-create-all", "rag-001-chunk-hash"],
        RagDeployment.ServiceStartThenSql => ["rag-create-all", "rag-001-create", "rag-001-chunk-hash"],
        _ => throw new ArgumentOutOfRangeException(nameof(deployment), deployment, "no such deployment"),
    };

    private static async Task RunAsync(NpgsqlDataSource database, string script)
    {
        using var stream = typeof(OriginalSchema).Assembly.GetManifestResourceStream($"Original/{script}.sql")
            ?? throw new InvalidOperationException($"The test assembly has no embedded resource Original/{script}.sql.");
        using var reader = new StreamReader(stream);
        await database.ExecuteAsync(await reader.ReadToEndAsync());
    }
}
