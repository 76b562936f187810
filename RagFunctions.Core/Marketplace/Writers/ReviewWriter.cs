using Npgsql;
using RagFunctions.Core.Marketplace.Client;

namespace RagFunctions.Core.Marketplace.Writers;

/// <summary>Reviews by id, and the ratings of the articles they are about.</summary>
internal static class ReviewWriter
{
    // Known rows are left out by the join, as in OrderWriter: a conflict locks its row even where it updates nothing.
    private const string Upsert = """
        INSERT INTO wb_reviews AS r (
            cabinet_id, review_id, nm_id, text, rating, is_answered, created_date, pros, cons, user_name, color, bables, matching_size,
            was_viewed, supplier_feedback_valuation, supplier_product_valuation)
        SELECT $1, i.id, i.nm_id, i.text, i.rating, i.answered, i.created, i.pros, i.cons, i.user_name::varchar(255), i.color::varchar(100),
            i.tags, i.matching_size::varchar(50), i.viewed, i.feedback_valuation, i.product_valuation
        FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) AS i (
            id, nm_id, text, rating, answered, created, pros, cons, user_name, color, tags, matching_size, viewed, feedback_valuation,
            product_valuation)
        LEFT JOIN wb_reviews known ON known.cabinet_id = $1 AND known.review_id = i.id
        WHERE known.id IS NULL
            OR (known.nm_id, known.text, known.rating, known.is_answered, known.created_date, known.pros, known.cons, known.user_name,
                known.color, known.bables, known.matching_size, known.was_viewed, known.supplier_feedback_valuation,
                known.supplier_product_valuation)
            IS DISTINCT FROM (i.nm_id, i.text, i.rating, i.answered, i.created, i.pros, i.cons, i.user_name::varchar(255),
                i.color::varchar(100), i.tags, i.matching_size::varchar(50), i.viewed, i.feedback_valuation, i.product_valuation)
        ON CONFLICT (cabinet_id, review_id) DO UPDATE SET
            nm_id = EXCLUDED.nm_id, text = EXCLUDED.text, rating = EXCLUDED.rating, is_answered = EXCLUDED.is_answered,
            created_date = EXCLUDED.created_date, pros = EXCLUDED.pros, cons = EXCLUDED.cons, user_name = EXCLUDED.user_name,
            color = EXCLUDED.color, bables = EXCLUDED.bables, matching_size = EXCLUDED.matching_size, was_viewed = EXCLUDED.was_viewed,
            supplier_feedback_valuation = EXCLUDED.supplier_feedback_valuation,
            supplier_product_valuation = EXCLUDED.supplier_product_valuation, updated_at = now()
        RETURNING r.id::bigint, r.xmax = 0
        """;

    /// <summary>Writes a page: one round trip for the reviews, one for the ratings, and those of the queue.</summary>
    public static async Task<ChangedRows> WriteAsync(PageTransaction page, IReadOnlyList<ReviewAnswer> reviews, CancellationToken ct)
    {
        // The lists may overlap the archive and each other; the later mention is the fresher one.
        ReviewAnswer[] rows = [.. reviews.Reverse().DistinctBy(review => review.Id).Reverse()];
        if (rows.Length == 0)
        {
            return default;
        }

        await using var batch = page.Batch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Upsert)
        {
            Parameters =
            {
                new() { Value = page.CabinetId }, Column.Texts(rows, r => r.Id), Column.Longs(rows, r => r.NmId), Column.Texts(rows, r => r.Text),
                Column.Integers(rows, r => r.Rating), Column.Flags(rows, r => r.IsAnswered), Column.Times(rows, r => r.CreatedAt),
                Column.Texts(rows, r => r.Pros), Column.Texts(rows, r => r.Cons), Column.Texts(rows, r => r.UserName),
                Column.Texts(rows, r => r.Color), Column.Texts(rows, r => r.Tags), Column.Texts(rows, r => r.MatchingSize),
                Column.Flags(rows, r => r.WasViewed), Column.Integers(rows, r => r.SupplierFeedbackValuation),
                Column.Integers(rows, r => r.SupplierProductValuation),
            },
        });
        var changed = await ChangedRows.AnnounceAsync(batch, page, Entity.Reviews, ct);
        var ratings = changed.Count == 0
            ? default
            : await RatingWriter.WriteAsync(page, [.. rows.Select(review => review.NmId).OfType<long>().Distinct()], ct);
        return changed + ratings;
    }
}
