using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Marketplace.Sync;

namespace RagFunctions.Core.Marketplace.Products;

/// <summary>Articles and their sizes.</summary>
internal static class CardWriter
{
    // Unit separator: occurs in no barcode.
    private const char Separator = '\u001f';

    private const string Store = """
        WITH i AS (
            SELECT nm_id, name::varchar(500) AS name, vendor::varchar(100) AS vendor_code, brand::varchar(255) AS brand,
                category::varchar(255) AS category, image::varchar(1024) AS image_url
            FROM unnest($2, $3, $4, $5, $6, $7) AS sent (nm_id, name, vendor, brand, category, image)),
        updated AS (
            UPDATE wb_products p SET (name, vendor_code, brand, category, image_url, is_active, updated_at)
                = (COALESCE(i.name, p.name), COALESCE(i.vendor_code, p.vendor_code), COALESCE(i.brand, p.brand),
                COALESCE(i.category, p.category), COALESCE(i.image_url, p.image_url), $8::boolean, now())
            FROM i
            WHERE p.cabinet_id = $1 AND p.nm_id = i.nm_id
                AND (p.name, p.vendor_code, p.brand, p.category, p.image_url, p.is_active)
                IS DISTINCT FROM (COALESCE(i.name, p.name), COALESCE(i.vendor_code, p.vendor_code), COALESCE(i.brand, p.brand),
                    COALESCE(i.category, p.category), COALESCE(i.image_url, p.image_url), $8::boolean)
            RETURNING p.id::bigint, false AS is_new),
        inserted AS (
            INSERT INTO wb_products (cabinet_id, nm_id, name, vendor_code, brand, category, image_url, in_stock, is_active)
            SELECT $1, nm_id, name, vendor_code, brand, category, image_url, true, $8::boolean
            FROM i WHERE NOT EXISTS (SELECT FROM wb_products known WHERE known.cabinet_id = $1 AND known.nm_id = i.nm_id)
            RETURNING id::bigint, true AS is_new)
        SELECT id, is_new FROM updated UNION ALL SELECT id, is_new FROM inserted
        """;

    private const string RemoveSizes = """
        DELETE FROM wb_product_sizes WHERE cabinet_id = $1 AND nm_id = ANY ($2) AND NOT chrt_id = ANY ($3)
        """;

    private const string UpsertSizes = """
        INSERT INTO wb_product_sizes (cabinet_id, chrt_id, nm_id, tech_size, wb_size, barcodes)
        SELECT $1, i.chrt_id, i.nm_id, i.tech_size::varchar(50), i.wb_size::varchar(50), string_to_array(i.barcodes, chr(31))
        FROM unnest($2, $3, $4, $5, $6) AS i (chrt_id, nm_id, tech_size, wb_size, barcodes)
        LEFT JOIN wb_product_sizes known ON known.cabinet_id = $1 AND known.chrt_id = i.chrt_id
        WHERE (known.chrt_id, known.nm_id, known.tech_size, known.wb_size, known.barcodes)
            IS DISTINCT FROM (i.chrt_id, i.nm_id, i.tech_size::varchar(50), i.wb_size::varchar(50), string_to_array(i.barcodes, chr(31)))
        ON CONFLICT (cabinet_id, chrt_id) DO UPDATE SET
            nm_id = EXCLUDED.nm_id, tech_size = EXCLUDED.tech_size, wb_size = EXCLUDED.wb_size, barcodes = EXCLUDED.barcodes
        """;

    private const string MarkSeen = """
        INSERT INTO wb_sync_seen (cabinet_id, scope, row_id)
        SELECT $1, 'cards', id FROM wb_products WHERE cabinet_id = $1 AND nm_id = ANY ($2)
        ON CONFLICT DO NOTHING
        """;

    // Whose card is new has reviews and prices waiting: prices come with their next call, which is due at once.
    private const string HastenPrices = "UPDATE wb_sync_cursors SET next_due_at = NULL WHERE cabinet_id = $1 AND entity = 'prices'";

    private const string ForgetSeen = "DELETE FROM wb_sync_seen WHERE cabinet_id = $1 AND scope = 'cards'";

    private const string CountListed = """
        SELECT count(*) FILTER (WHERE p.is_active), count(s.row_id) FILTER (WHERE p.is_active)
        FROM wb_products p LEFT JOIN wb_sync_seen s ON s.cabinet_id = $1 AND s.scope = 'cards' AND s.row_id = p.id
        WHERE p.cabinet_id = $1
        """;

    private const string DeactivateUnlisted = """
        UPDATE wb_products p SET is_active = false, updated_at = now()
        WHERE p.cabinet_id = $1 AND p.is_active
            AND NOT EXISTS (SELECT FROM wb_sync_seen s WHERE s.cabinet_id = $1 AND s.scope = 'cards' AND s.row_id = p.id)
        RETURNING p.id::bigint, false
        """;

    /// <summary>Writes a page of cards, or of the trash as inactive. What a card does not say stays as it is stored.</summary>
    /// <param name="page">The transaction.</param>
    /// <param name="cards">The page.</param>
    /// <param name="isActive">False for the trash, whose cards have neither title nor brand.</param>
    /// <param name="markSeen">True during a listing of everything.</param>
    /// <param name="unread">Articles whose cards could not be read: they are listed all the same.</param>
    public static async Task<ChangedRows> WriteAsync(
        PageTransaction page, IReadOnlyList<CardAnswer> cards, bool isActive, bool markSeen, long[] unread, CancellationToken cancellationToken)
    {
        CardAnswer[] rows = [.. cards.Reverse().DistinctBy(card => card.NmId).Reverse()];
        if (rows.Length == 0 && unread.Length == 0)
        {
            return default;
        }

        long[] nmIds = [.. rows.Select(card => card.NmId)];
        await using var batch = page.Batch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Store)
        {
            Parameters =
            {
                Parameter.Of(page.CabinetId), Column.Longs(rows, r => r.NmId), Column.Texts(rows, r => r.Title),
                Column.Texts(rows, r => r.VendorCode), Column.Texts(rows, r => r.Brand), Column.Texts(rows, r => r.Category),
                Column.Texts(rows, r => r.ImageUrl), Parameter.Of(isActive),
            },
        });
        AddSizes(batch, page, [.. rows.Where(card => card.Sizes is not null)]);
        if (markSeen)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(MarkSeen) { Parameters = { Parameter.Of(page.CabinetId), Parameter.Of<long[]>([.. nmIds, .. unread]) } });
        }

        var changed = await ChangedRows.AnnounceAsync(batch, page, Entity.Products, cancellationToken);
        if (changed.Inserted == 0)
        {
            return changed;
        }

        await using var hasten = page.Batch();
        hasten.BatchCommands.Add(new NpgsqlBatchCommand(HastenPrices) { Parameters = { Parameter.Of(page.CabinetId) } });
        await hasten.ExecuteNonQueryAsync(cancellationToken);
        // The articles are counted as inserted already; their ratings are part of that.
        await RatingWriter.WriteAsync(page, nmIds, cancellationToken);
        return changed;
    }

    /// <summary>Begins a listing of everything.</summary>
    public static async Task<ChangedRows> ForgetSeenAsync(PageTransaction page, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(ForgetSeen, page.Connection, page.Transaction) { Parameters = { Parameter.Of(page.CabinetId) } };
        await command.ExecuteNonQueryAsync(cancellationToken);
        return default;
    }

    /// <summary>How many active articles there are, and how many of them the listing of everything named.</summary>
    public static async Task<(long Active, long Listed)> CountListedAsync(NpgsqlCommand command, long cabinetId, CancellationToken cancellationToken)
    {
        command.CommandText = CountListed;
        command.Parameters.Add(Parameter.Of(cabinetId));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt64(0), reader.GetInt64(1));
    }

    /// <summary>Ends a listing of everything: what it did not name is no longer for sale.</summary>
    public static async Task<ChangedRows> DeactivateUnlistedAsync(PageTransaction page, CancellationToken cancellationToken)
    {
        await using var batch = page.Batch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(DeactivateUnlisted) { Parameters = { Parameter.Of(page.CabinetId) } });
        var changed = await ChangedRows.AnnounceAsync(batch, page, Entity.Products, cancellationToken);
        await ForgetSeenAsync(page, cancellationToken);
        return changed;
    }

    private static void AddSizes(NpgsqlBatch batch, PageTransaction page, CardAnswer[] cards)
    {
        long[] nmIds = [.. cards.Select(card => card.NmId)];
        (long NmId, CardSize Size)[] sizes =
            [.. cards.SelectMany(card => card.Sizes!, (card, size) => (card.NmId, size)).DistinctBy(pair => pair.size.ChrtId)];
        batch.BatchCommands.Add(new NpgsqlBatchCommand(RemoveSizes)
        {
            Parameters = { Parameter.Of(page.CabinetId), Parameter.Of(nmIds), Column.Numbers(sizes, s => s.Size.ChrtId) },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(UpsertSizes)
        {
            Parameters =
            {
                Parameter.Of(page.CabinetId), Column.Numbers(sizes, s => s.Size.ChrtId), Column.Longs(sizes, s => s.NmId),
                Column.Texts(sizes, s => s.Size.TechSize), Column.Texts(sizes, s => s.Size.WbSize),
                Column.Texts(sizes, s => string.Join(Separator, s.Size.Barcodes)),
            },
        });
    }
}
