using RagFunctions.Dev.Fakes.Marketplace.Shops;

namespace RagFunctions.Dev.Fakes.Marketplace.Answers;

/// <summary>
/// GET <c>/api/v1/feedbacks</c> and <c>/archive</c>. Answered reviews and mere ratings stand on both for a time; unanswered ones move
/// from one to the other.
/// </summary>
internal static class FeedbackAnswers
{
    private const int MaxTake = 5_000;
    private const int MaxSkip = 199_990;

    public static Answer List(Call call)
    {
        var now = call.Shop.Now;
        var processed = call.Flag("isAnswered") ?? throw Refusal.BadRequest("isAnswered: required");
        var from = call.Number("dateFrom", 0, int.MaxValue);
        var to = call.Number("dateTo", 0, int.MaxValue);
        return Page(call, call.Shop.Reviews.Where(review => review.IsListed(now) && review.IsProcessed == processed
            && (from is null || review.CreatedAt.ToUnixTimeSeconds() >= from) && (to is null || review.CreatedAt.ToUnixTimeSeconds() <= to)));
    }

    public static Answer Archive(Call call)
    {
        var now = call.Shop.Now;
        return Page(call, call.Shop.Reviews.Where(review => review.IsArchived(now)));
    }

    private static Answer Page(Call call, IEnumerable<ShopReview> reviews)
    {
        var take = call.RequiredNumber("take", 1, MaxTake);
        var skip = call.RequiredNumber("skip", 0, MaxSkip);
        var article = call.Number("nmId", 1, long.MaxValue);
        var chosen = reviews.Where(review => article is null || review.Product.NmId == article);
        var ordered = call.Text("order") switch
        {
            "dateAsc" => chosen.OrderBy(review => review.CreatedAt).ThenBy(review => review.Id, StringComparer.Ordinal),
            null or "" or "dateDesc" => chosen.OrderByDescending(review => review.CreatedAt).ThenBy(review => review.Id, StringComparer.Ordinal),
            var other => throw Refusal.BadRequest($"order: '{other}' is neither dateAsc nor dateDesc"),
        };
        var now = call.Shop.Now;
        var unanswered = call.Shop.Reviews.Count(review => review.IsListed(now) && !review.IsProcessed);
        var archived = call.Shop.Reviews.Count(review => review.IsArchived(now));
        return Answer.Json(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartObject("data");
            writer.WriteNumber("countUnanswered", unanswered);
            writer.WriteNumber("countArchive", archived);
            writer.WriteStartArray("feedbacks");
            foreach (var review in ordered.Skip(skip).Take(take))
            {
                FeedbackJson.Write(writer, review, call.Shop.Options.Name);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
            writer.WriteBoolean("error", false);
            writer.WriteString("errorText", "");
            writer.WriteNull("additionalErrors");
            writer.WriteEndObject();
        });
    }
}
