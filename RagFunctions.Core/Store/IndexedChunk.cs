namespace RagFunctions.Core.Store;

/// <summary>What the index holds of one chunk, without its text and vector.</summary>
/// <param name="Id"><c>rag_metadata.id</c>.</param>
/// <param name="SourceId">Row primary key in the source.</param>
/// <param name="Index">Number within its row.</param>
/// <param name="Hash">SHA-256 of the stored text.</param>
/// <param name="NmId">Article number.</param>
/// <param name="BusinessDate">UTC.</param>
/// <param name="ExpiresAt">UTC.</param>
/// <param name="RendererVersion">Version that rendered the text.</param>
/// <param name="SourceName">Catalogue name of a product.</param>
/// <param name="Pending">Its text is not the embedded one (reads of an interval tell).</param>
/// <param name="VectorLost">It counts as embedded, but its vector is missing or of another model (reads of an interval tell).</param>
internal readonly record struct IndexedChunk(
    long Id,
    long SourceId,
    int Index,
    string? Hash,
    long? NmId,
    DateTime? BusinessDate,
    DateTime? ExpiresAt,
    int RendererVersion,
    string? SourceName,
    bool Pending,
    bool VectorLost);
