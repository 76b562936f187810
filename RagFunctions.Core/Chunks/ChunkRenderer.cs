using RagFunctions.Core.Source;

namespace RagFunctions.Core.Chunks;

/// <summary>Makes the texts of a source row. Pure and thread-safe: equal rows give equal texts, wherever and whenever.</summary>
public static class ChunkRenderer
{
    /// <summary>Rises with every change of any text. A cabinet indexed with an older one gets a full run; equal texts are not embedded again.</summary>
    public const int Version = 2;

    /// <summary>The chunks of <paramref name="row"/> with their hashes.</summary>
    /// <exception cref="TimeZoneNotFoundException">The row's date needs time zone data that the machine does not have: <see cref="MoscowDate"/>.</exception>
    public static RenderedRow Render(SourceRow row)
    {
        var text = row switch
        {
            ProductRow product => ProductText.Of(product),
            OrderRow order => OrderText.Of(order),
            StockRow stock => StockText.Of(stock),
            ReviewRow review => ReviewText.Of(review),
            SaleRow sale => SaleText.Of(sale),
            _ => throw new ArgumentOutOfRangeException(nameof(row), row.GetType().Name, "not a source row that has a text"),
        };

        return new RenderedRow(
            row.Entity,
            row.Id,
            row.NmId,
            row.BusinessDate,
            EligiblePeriod.EndOf(row.BusinessDate),
            (row as ProductRow) is { } card ? DependentFacts(card) : null,
            Chunks(text));
    }

    /// <summary>What texts of other rows print of a card: when it changes, they have to be rendered again.</summary>
    public static string? DependentFacts(ProductRow card) =>
        card.Category is null && card.Currency is null ? card.Name : $"{card.Name}\u001f{card.Category}\u001f{card.Currency}";

    private static RenderedChunk[] Chunks(RowText text)
    {
        if (TextSplitter.Fits(text.Text))
        {
            return [Chunk(0, text.Text)];
        }

        var parts = TextSplitter.Split(text.Text, text.Subject());
        var chunks = new RenderedChunk[parts.Count];
        for (var i = 0; i < chunks.Length; i++)
        {
            chunks[i] = Chunk(i, parts[i]);
        }

        return chunks;
    }

    private static RenderedChunk Chunk(int index, string text) => new(index, text, ChunkHash.Of(text));
}

/// <summary>The chunks of one source row and what stands beside them in the index.</summary>
/// <param name="Entity">The row's table.</param>
/// <param name="SourceId">The row's primary key.</param>
/// <param name="NmId">Article number, for filters; null where a review names none.</param>
/// <param name="BusinessDate">Order, review or sale date, UTC; null for products and stocks.</param>
/// <param name="ExpiresAt">When the row leaves the index; null = never.</param>
/// <param name="SourceName">For products what dependents print of them (<see cref="ChunkRenderer.DependentFacts"/>); null otherwise.</param>
/// <param name="Chunks">At least one, numbered from 0 without gaps.</param>
public sealed record RenderedRow(
    Entity Entity,
    long SourceId,
    long? NmId,
    DateTimeOffset? BusinessDate,
    DateTimeOffset? ExpiresAt,
    string? SourceName,
    IReadOnlyList<RenderedChunk> Chunks);

/// <summary>A text to be embedded.</summary>
/// <param name="Index">Number within its row, from 0.</param>
/// <param name="Text">Never empty; without NUL and lone surrogates, so that PostgreSQL stores it as it is.</param>
/// <param name="Hash">SHA-256 of the UTF-8 text, 64 lower-case hexadecimal digits.</param>
public sealed record RenderedChunk(int Index, string Text, string Hash);
