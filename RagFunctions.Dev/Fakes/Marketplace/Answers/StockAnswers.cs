using System.Text.Json;
using RagFunctions.Dev.Fakes.Marketplace.Shops;

namespace RagFunctions.Dev.Fakes.Marketplace.Answers;

/// <summary>POST <c>/api/analytics/v1/stocks-report/wb-warehouses</c> and <c>/seller-warehouses</c>.</summary>
internal static class StockAnswers
{
    private const int MaxRows = 250_000;
    private const int MaxArticles = 1_000;

    public static Answer Warehouses(Call call) => Rows(call, call.Shop.WarehouseStocks, (writer, row) =>
    {
        writer.WriteNumber("inWayToClient", row.InWayToClient);
        writer.WriteNumber("inWayFromClient", row.InWayFromClient);
    });

    public static Answer SellerWarehouses(Call call) => Rows(call, call.Shop.SellerStocks, (_, _) => { });

    private static Answer Rows(Call call, IReadOnlyList<ShopStock> all, Action<Utf8JsonWriter, ShopStock> more)
    {
        var limit = call.Body.Number("limit", 1, MaxRows) ?? MaxRows;
        var offset = call.Body.Number("offset", 0, int.MaxValue) ?? 0;
        var articles = call.Body.Numbers("nmIds", MaxArticles);
        var sizes = call.Body.Numbers("chrtIds", MaxArticles);
        if (sizes is not null && articles is null)
        {
            throw Refusal.BadRequest("chrtIds: only together with nmIds");
        }

        var rows = all
            .Where(row => (articles is null || articles.Contains(row.NmId)) && (sizes is null || sizes.Contains((long)row.Size.ChrtId)))
            .OrderBy(row => row.NmId).ThenBy(row => row.Size.ChrtId).ThenBy(row => row.WarehouseId)
            .Skip((int)offset).Take((int)limit).ToList();
        return rows.Count == 0 ? Answer.NoContent : Answer.Json(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartObject("data");
            writer.WriteStartArray("items");
            foreach (var row in rows)
            {
                writer.WriteStartObject();
                writer.WriteNumber("nmId", row.NmId);
                writer.WriteNumber("chrtId", row.Size.ChrtId);
                writer.WriteNumber("warehouseId", row.WarehouseId);
                writer.WriteString("warehouseName", row.Warehouse);
                writer.WriteString("regionName", row.Region);
                writer.WriteNumber("quantity", row.Quantity);
                more(writer, row);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
            writer.WriteEndObject();
        });
    }
}
