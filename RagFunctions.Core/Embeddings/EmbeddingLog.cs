using Microsoft.Extensions.Logging;

namespace RagFunctions.Core.Embeddings;

/// <summary>Log lines of the embedding. Hashes and counts, never texts.</summary>
internal static partial class EmbeddingLog
{
    // Without what the provider wrote: some quote the text they refuse. It is kept with the chunk.
    [LoggerMessage(5001, LogLevel.Warning, "Cabinet {CabinetId}: the provider refuses the text {Hash} ({Chunks} chunks); rag_metadata.embed_error says why")]
    public static partial void TextRefused(ILogger logger, long cabinetId, string hash, long chunks);

    [LoggerMessage(5002, LogLevel.Warning, "Cabinet {CabinetId}: the embeddings provider must be left alone until {Until:O}: {Error}")]
    public static partial void ProviderWaits(ILogger logger, long cabinetId, DateTimeOffset until, string error);

    [LoggerMessage(5003, LogLevel.Error, "Cabinet {CabinetId}: embedding stops, nothing is marked: {Error}")]
    public static partial void ProviderStops(ILogger logger, long cabinetId, string error);

    [LoggerMessage(5004, LogLevel.Warning, "Cabinet {CabinetId}: an answer for {Texts} texts is not used: {Error}")]
    public static partial void AnswerUnusable(ILogger logger, long cabinetId, int texts, string error);
}
