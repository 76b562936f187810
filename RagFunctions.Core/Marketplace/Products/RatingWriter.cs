using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Marketplace.Sync;

namespace RagFunctions.Core.Marketplace.Products;

/// <summary>
/// An article's rating (mean to one decimal) and number of ratings, from the reviews that are stored: those of 90 days. Who supplements a
/// review has one opinion, the later one.
/// </summary>
internal static class RatingWriter
{
    private const string Update = """
        UPDATE wb_products p SET rating = rated.rating, reviews_count = rated.reviews, updated_at = now()
        FROM (
            SELECT nm_id, round(avg(rating), 1) AS rating, count(*) AS reviews
            FROM wb_reviews AS r WHERE cabinet_id = $1 AND nm_id = ANY ($2) AND rating IS NOT NULL
                AND NOT EXISTS (
                    SELECT FROM wb_reviews AS later
                    WHERE later.cabinet_id = $1 AND later.created_date > r.created_date
                        AND (later.related_id = r.review_id OR later.review_id = r.related_id))
            GROUP BY nm_id) AS rated
        WHERE p.cabinet_id = $1 AND p.nm_id = rated.nm_id
            AND (p.rating::numeric IS DISTINCT FROM rated.rating OR p.reviews_count IS DISTINCT FROM rated.reviews)
        RETURNING p.id::bigint, false
        """;

    /// <summary>Updates the articles named whose figures changed; a change of a product like any other.</summary>
    public static async Task<ChangedRows> WriteAsync(PageTransaction page, long[] nmIds, CancellationToken cancellationToken)
    {
        if (nmIds.Length == 0)
        {
            return default;
        }

        await using var batch = page.Batch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Update) { Parameters = { Parameter.Of(page.CabinetId), Parameter.Of(nmIds) } });
        return await ChangedRows.AnnounceAsync(batch, page, Entity.Products, cancellationToken);
    }
}
