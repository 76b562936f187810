using System.Text.Json;
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

/// <summary>A review.</summary>
internal static class FeedbackJson
{
    public static void Write(Utf8JsonWriter writer, ShopReview review, string supplier)
    {
        writer.WriteStartObject();
        writer.WriteString("id", review.Id);
        writer.WriteString("text", review.Text);
        writer.WriteString("pros", review.Pros);
        writer.WriteString("cons", review.Cons);
        writer.WriteNumber("productValuation", review.Rating);
        writer.WriteString("createdDate", WireTime.MoscowWithOffset(review.CreatedAt));
        WriteAnswer(writer, review);
        writer.WriteString("state", review.AnsweredAt is null ? "none" : "wbRu");
        WriteProduct(writer, review, supplier);
        writer.WriteNull("video");
        writer.WriteBoolean("wasViewed", review.AnsweredAt is not null);
        WritePhotos(writer, review);
        writer.WriteString("userName", review.UserName);
        writer.WriteString("orderStatus", "buyout");
        // Some answers have the word in Cyrillic.
        writer.WriteString("matchingSize", review is { MatchingSize: "ok", Rating: 4 } ? "ок" : review.MatchingSize);
        writer.WriteBoolean("isAbleSupplierFeedbackValuation", true);
        writer.WriteNumber("supplierFeedbackValuation", 0);
        writer.WriteBoolean("isAbleSupplierProductValuation", false);
        writer.WriteNumber("supplierProductValuation", 0);
        writer.WriteBoolean("isAbleReturnProductOrders", false);
        writer.WriteNull("returnProductOrdersDate");
        WriteTags(writer, review);
        writer.WriteNumber("lastOrderShkId", 22_334_455_667);
        writer.WriteString("lastOrderCreatedAt", WireTime.MoscowWithOffset(review.OrderedAt));
        writer.WriteString("color", review.Product.Color);
        writer.WriteNumber("subjectId", review.Product.Kind.SubjectId);
        writer.WriteString("subjectName", review.Product.Kind.Subject);
        writer.WriteNull("parentFeedbackId");
        writer.WriteNull("childFeedbackId");
        writer.WriteEndObject();
    }

    private static void WriteAnswer(Utf8JsonWriter writer, ShopReview review)
    {
        if (review.Answer is null)
        {
            writer.WriteNull("answer");
            return;
        }

        writer.WriteStartObject("answer");
        writer.WriteString("text", review.Answer);
        writer.WriteString("state", "wbRu");
        writer.WriteBoolean("editable", false);
        writer.WriteEndObject();
    }

    private static void WriteProduct(Utf8JsonWriter writer, ShopReview review, string supplier)
    {
        writer.WriteStartObject("productDetails");
        writer.WriteNumber("imtId", review.Product.ImtId);
        writer.WriteNumber("nmId", review.Product.NmId);
        writer.WriteString("productName", review.Product.Title);
        writer.WriteString("supplierArticle", review.Product.VendorCode);
        writer.WriteString("supplierName", $"ИП {supplier}");
        writer.WriteString("brandName", review.Product.Brand);
        writer.WriteString("size", review.Size.TechSize);
        writer.WriteEndObject();
    }

    private static void WritePhotos(Utf8JsonWriter writer, ShopReview review)
    {
        if (!review.HasPhoto)
        {
            writer.WriteNull("photoLinks");
            return;
        }

        writer.WriteStartArray("photoLinks");
        writer.WriteStartObject();
        writer.WriteString("fullSize", $"https://example.invalid/{review.Id}/full.webp");
        writer.WriteString("miniSize", $"https://example.invalid/{review.Id}/mini.webp");
        writer.WriteEndObject();
        writer.WriteEndArray();
    }

    private static void WriteTags(Utf8JsonWriter writer, ShopReview review)
    {
        if (review.Tags.Count == 0)
        {
            writer.WriteNull("bables");
            return;
        }

        writer.WriteStartArray("bables");
        foreach (var tag in review.Tags)
        {
            writer.WriteStringValue(tag);
        }

        writer.WriteEndArray();
    }
}
