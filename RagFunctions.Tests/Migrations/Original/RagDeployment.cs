namespace RagFunctions.Tests.Migrations.Original;

/// <summary>The ways in which the original's index came into being.</summary>
public enum RagDeployment
{
    /// <summary>Made by the service at its start: chunk_hash, no HNSW index.</summary>
    ServiceStart,

    /// <summary>Made by the SQL file: HNSW index, no chunk_hash.</summary>
    SqlWithoutHash,

    /// <summary>Made by the SQL file, chunk_hash added later.</summary>
    SqlThenHash,

    /// <summary>As the deployment guide has it: service first, then the file that adds chunk_hash.</summary>
    DocumentedFreshDeployment,

    /// <summary>Service first, then both files: every index there is.</summary>
    ServiceStartThenSql,
}
