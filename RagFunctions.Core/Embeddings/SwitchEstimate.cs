using RagFunctions.Core.Databases;
using RagFunctions.Core.Embeddings.Providers;

namespace RagFunctions.Core.Embeddings;

/// <summary>What another embedder costs: every text of the index is embedded once more.</summary>
/// <param name="Cabinets">Cabinets with an index.</param>
/// <param name="Chunks">Their chunks.</param>
/// <param name="Texts">Different texts among them, cabinet by cabinet: what is sent.</param>
/// <param name="Tokens">What they probably have, the prefix included.</param>
/// <param name="Usd">What that costs.</param>
/// <param name="Time">How long it takes at the provider's limit; null where the limit is not known.</param>
/// <param name="TimeAtShare">How long at the share of it that building may use.</param>
/// <param name="Bytes">Room that the vectors take while both generations are there.</param>
public sealed record SwitchEstimate(
    long Cabinets, long Chunks, long Texts, long Tokens, decimal Usd, TimeSpan? Time, TimeSpan? TimeAtShare, long Bytes)
{
    private const string Measure = """
        SELECT count(DISTINCT cabinet_id), COALESCE(sum(chunks), 0)::bigint, count(*), COALESCE(sum(bytes), 0)::bigint
        FROM (SELECT cabinet_id, count(*) AS chunks, max(octet_length(chunk_text)) AS bytes
              FROM rag_metadata WHERE chunk_hash IS NOT NULL GROUP BY cabinet_id, chunk_hash) AS texts
        """;

    // Four bytes a number, one bit of each once more, and what a row has beside.
    private const int BytesBeside = 200;

    /// <summary>Measures it with price, prefix and quota of the settings. One scan of all chunks.</summary>
    public static async Task<SwitchEstimate> MeasureAsync(RagDatabase rag, EmbeddingsOptions options, CancellationToken cancellationToken)
    {
        await using var command = rag.Source.CreateCommand(Measure);
        command.CommandTimeout = 0;
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        var (chunks, texts) = (row.GetInt64(1), row.GetInt64(2));
        var tokens = TokenEstimate.OfTexts(texts, row.GetInt64(3), options.PassagePrefix);
        TimeSpan? time = options.TokensPerMinute == 0 ? null : TimeSpan.FromMinutes((double)tokens / options.TokensPerMinute);
        return new SwitchEstimate(
            row.GetInt64(0), chunks, texts, tokens, options.PriceOf(tokens), time, time / options.LargeRunsShare,
            chunks * ((options.Dimensions * 4L) + (options.Dimensions / 8) + BytesBeside));
    }
}
