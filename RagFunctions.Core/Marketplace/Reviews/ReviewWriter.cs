using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Marketplace.Products;
using RagFunctions.Core.Marketplace.Sync;

namespace RagFunctions.Core.Marketplace.Reviews;

/// <summary>Reviews by id, and the ratings of the articles they are about. What an answer does not say stays as it is stored.</summary>
internal static class ReviewWriter
{
    private const string Store = """
        WITH i AS (
            SELECT id, nm_id, text, rating, answered, created, pros, cons, user_name::varchar(255) AS user_name, color::varchar(100) AS color, tags,
                matching_size::varchar(50) AS matching_size, viewed, feedback_valuation, product_valuation, order_status::varchar(50) AS order_status,
                related_id::varchar(100) AS related_id
            FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) AS sent (
                id, nm_id, text, rating, answered, created, pros, cons, user_name, color, tags, matching_size, viewed, feedback_valuation,
                product_valuation, order_status, related_id)),
        updated AS (
            UPDATE wb_reviews r SET (nm_id, text, rating, is_answered, created_date, pros, cons, user_name, color, bables, matching_size, was_viewed,
                supplier_feedback_valuation, supplier_product_valuation, order_status, related_id, updated_at)
                = (COALESCE(i.nm_id, r.nm_id), COALESCE(i.text, r.text), COALESCE(i.rating, r.rating), i.answered, i.created,
                COALESCE(i.pros, r.pros), COALESCE(i.cons, r.cons), COALESCE(i.user_name, r.user_name), COALESCE(i.color, r.color),
                COALESCE(i.tags, r.bables), COALESCE(i.matching_size, r.matching_size), COALESCE(i.viewed, r.was_viewed),
                COALESCE(i.feedback_valuation, r.supplier_feedback_valuation), COALESCE(i.product_valuation, r.supplier_product_valuation),
                COALESCE(i.order_status, r.order_status), COALESCE(i.related_id, r.related_id), now())
            FROM i
            WHERE r.cabinet_id = $1 AND r.review_id = i.id
                AND (r.nm_id, r.text, r.rating, r.is_answered, r.created_date, r.pros, r.cons, r.user_name, r.color, r.bables, r.matching_size,
                    r.was_viewed, r.supplier_feedback_valuation, r.supplier_product_valuation, r.order_status, r.related_id)
                IS DISTINCT FROM (COALESCE(i.nm_id, r.nm_id), COALESCE(i.text, r.text), COALESCE(i.rating, r.rating), i.answered, i.created,
                    COALESCE(i.pros, r.pros), COALESCE(i.cons, r.cons), COALESCE(i.user_name, r.user_name), COALESCE(i.color, r.color),
                    COALESCE(i.tags, r.bables), COALESCE(i.matching_size, r.matching_size), COALESCE(i.viewed, r.was_viewed),
                    COALESCE(i.feedback_valuation, r.supplier_feedback_valuation), COALESCE(i.product_valuation, r.supplier_product_valuation),
                    COALESCE(i.order_status, r.order_status), COALESCE(i.related_id, r.related_id))
            RETURNING r.id::bigint, false AS is_new),
        inserted AS (
            INSERT INTO wb_reviews (
                cabinet_id, review_id, nm_id, text, rating, is_answered, created_date, pros, cons, user_name, color, bables, matching_size,
                was_viewed, supplier_feedback_valuation, supplier_product_valuation, order_status, related_id)
            SELECT $1, id, nm_id, text, rating, answered, created, pros, cons, user_name, color, tags, matching_size, viewed, feedback_valuation,
                product_valuation, order_status, related_id
            FROM i WHERE NOT EXISTS (SELECT FROM wb_reviews known WHERE known.cabinet_id = $1 AND known.review_id = i.id)
            RETURNING id::bigint, true AS is_new)
        SELECT id, is_new FROM updated UNION ALL SELECT id, is_new FROM inserted
        """;

    /// <summary>Writes a page: one round trip for the reviews, one for the ratings, and those of the queue.</summary>
    public static async Task<ChangedRows> WriteAsync(PageTransaction page, IReadOnlyList<ReviewAnswer> reviews, CancellationToken cancellationToken)
    {
        // The lists may overlap the archive and each other; the later mention is the fresher one.
        ReviewAnswer[] rows = [.. reviews.Reverse().DistinctBy(review => review.Id).Reverse()];
        if (rows.Length == 0)
        {
            return default;
        }

        await using var batch = page.Batch();
        PageTransaction.Prepare(batch, rows.Length);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Store)
        {
            Parameters =
            {
                Parameter.Of(page.CabinetId), Column.Texts(rows, r => r.Id), Column.Longs(rows, r => r.NmId), Column.Texts(rows, r => r.Text),
                Column.Integers(rows, r => r.Rating), Column.Flags(rows, r => r.IsAnswered), Column.Times(rows, r => r.CreatedAt),
                Column.Texts(rows, r => r.Pros), Column.Texts(rows, r => r.Cons), Column.Texts(rows, r => r.UserName),
                Column.Texts(rows, r => r.Color), Column.Texts(rows, r => r.Tags), Column.Texts(rows, r => r.MatchingSize),
                Column.Flags(rows, r => r.WasViewed), Column.Integers(rows, r => r.SupplierFeedbackValuation),
                Column.Integers(rows, r => r.SupplierProductValuation), Column.Texts(rows, r => r.OrderStatus), Column.Texts(rows, r => r.RelatedId),
            },
        });
        var changed = await ChangedRows.AnnounceAsync(batch, page, Entity.Reviews, cancellationToken);
        var ratings = changed.Count == 0
            ? default
            : await RatingWriter.WriteAsync(page, [.. rows.Select(review => review.NmId).OfType<long>().Distinct()], cancellationToken);
        return changed + ratings;
    }
}
