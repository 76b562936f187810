namespace RagFunctions.Core.Migrations.Rag;

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
