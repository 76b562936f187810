using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Marketplace.Sync;

namespace RagFunctions.Core.Marketplace.Prices;

/// <summary>List price and discounted price of articles that are known; the others get theirs when their card has come.</summary>
internal static class PriceWriter
{
    // The original's columns hold binary fractions: as numbers of 15 digits they are what was stored.
    private const string Update = """
        UPDATE wb_products p SET price = COALESCE(i.price, p.price), discount_price = COALESCE(i.discounted, p.discount_price),
            currency = COALESCE(i.currency::varchar(3), p.currency), updated_at = now()
        FROM unnest($2, $3, $4, $5) AS i (nm_id, price, discounted, currency)
        WHERE p.cabinet_id = $1 AND p.nm_id = i.nm_id
            AND (p.price::numeric <> i.price OR (p.price IS NULL AND i.price IS NOT NULL)
                OR p.discount_price::numeric <> i.discounted OR (p.discount_price IS NULL AND i.discounted IS NOT NULL)
                OR p.currency IS DISTINCT FROM COALESCE(i.currency::varchar(3), p.currency))
        RETURNING p.id::bigint, false
        """;

    /// <summary>Writes a page; one round trip and one for the queue.</summary>
    public static async Task<ChangedRows> WriteAsync(PageTransaction page, IReadOnlyList<PriceAnswer> prices, CancellationToken cancellationToken)
    {
        PriceAnswer[] rows = [.. prices.Reverse().DistinctBy(price => price.NmId)];
        if (rows.Length == 0)
        {
            return default;
        }

        await using var batch = page.Batch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Update)
        {
            Parameters =
            {
                Parameter.Of(page.CabinetId), Column.Longs(rows, r => r.NmId), Column.Money(rows, r => r.Price),
                Column.Money(rows, r => r.DiscountedPrice), Column.Texts(rows, r => r.Currency),
            },
        });
        return await ChangedRows.AnnounceAsync(batch, page, Entity.Products, cancellationToken);
    }
}
