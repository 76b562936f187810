using System.Text.Json;
using RagFunctions.Dev.Fakes.Marketplace.Shops;

namespace RagFunctions.Dev.Fakes.Marketplace.Answers;

/// <summary>GET <c>/api/v1/claims</c>: the last 14 days; decided ones are archived.</summary>
internal static class ClaimAnswers
{
    private const int DefaultClaims = 50;
    private const int MaxClaims = 200;

    private static readonly TimeSpan Kept = TimeSpan.FromDays(14);

    public static Answer Page(Call call)
    {
        var archived = call.Flag("is_archive") ?? throw Refusal.BadRequest("is_archive: required");
        var limit = (int)(call.Number("limit", 1, MaxClaims) ?? DefaultClaims);
        var offset = (int)(call.Number("offset", 0, int.MaxValue) ?? 0);
        var id = call.Text("id");
        var article = call.Number("nm_id", 1, long.MaxValue);
        var now = call.Shop.Now;
        var all = call.Shop.Claims
            .Where(claim => claim.CreatedAt > now - Kept && (claim.Status != 0) == archived
                && (string.IsNullOrEmpty(id) || claim.Id.ToString() == id) && (article is null || claim.Order.Product.NmId == article))
            .OrderBy(claim => claim.CreatedAt).ThenBy(claim => claim.Id)
            .ToList();
        return Answer.Json(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("claims");
            foreach (var claim in all.Skip(offset).Take(limit))
            {
                Write(writer, claim);
            }

            writer.WriteEndArray();
            writer.WriteNumber("total", all.Count);
            writer.WriteEndObject();
        });
    }

    private static void Write(Utf8JsonWriter writer, ShopClaim claim)
    {
        writer.WriteStartObject();
        writer.WriteString("id", claim.Id);
        writer.WriteNumber("claim_type", 1);
        writer.WriteNumber("status", claim.Status);
        writer.WriteNumber("status_ex", claim.Status);
        writer.WriteNumber("nm_id", claim.Order.Product.NmId);
        writer.WriteString("user_comment", claim.Comment);
        writer.WriteString("wb_comment", claim.Status == 0 ? "" : "Решение принято");
        writer.WriteString("dt", WireTime.Moscow(claim.CreatedAt));
        writer.WriteString("imt_name", claim.Order.Product.Title);
        writer.WriteString("order_dt", WireTime.Moscow(claim.Order.At));
        writer.WriteString("dt_update", WireTime.Moscow(claim.UpdatedAt));
        foreach (var list in new[] { "photos", "video_paths", "actions" })
        {
            writer.WriteStartArray(list);
            writer.WriteEndArray();
        }

        writer.WriteNumber("price", claim.Order.FinishedPrice);
        writer.WriteString("currency_code", "643");
        writer.WriteString("srid", claim.Order.Srid);
        writer.WriteEndObject();
    }
}
