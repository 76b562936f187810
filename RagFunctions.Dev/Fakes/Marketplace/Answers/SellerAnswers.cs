using RagFunctions.Dev.Fakes.Marketplace.Shops;

namespace RagFunctions.Dev.Fakes.Marketplace.Answers;

/// <summary>Who the seller is, whether a host is alive, and the seller's own warehouses.</summary>
internal static class SellerAnswers
{
    private const int MaxSizes = 1_000;

    public static Answer Info(Call call) => Answer.Json(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("name", $"ИП {call.Shop.Options.Name}");
        writer.WriteString("sid", call.Shop.SellerId);
        writer.WriteString("tin", "000000000000");
        writer.WriteString("tradeMark", call.Shop.Options.Name);
        writer.WriteEndObject();
    });

    public static Answer Ping(Call call) => Answer.Json(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("TS", WireTime.MoscowWithOffset(call.Now));
        writer.WriteString("Status", "OK");
        writer.WriteEndObject();
    });

    public static Answer Warehouses(Call _) => Answer.Json(writer =>
    {
        writer.WriteStartArray();
        foreach (var (id, name, _) in ShopPlaces.SellerWarehouses)
        {
            writer.WriteStartObject();
            writer.WriteNumber("id", id);
            writer.WriteString("name", name);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });

    public static Answer WarehouseStock(Call call)
    {
        if (ShopPlaces.SellerWarehouses.All(warehouse => warehouse.Id.ToString(System.Globalization.CultureInfo.InvariantCulture) != call.RouteValue))
        {
            throw Refusal.NotFound("no such warehouse");
        }

        var sizes = call.Body.Numbers("chrtIds", MaxSizes) ?? throw Refusal.BadRequest("chrtIds: required");
        return Answer.Json(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("stocks");
            foreach (var row in call.Shop.SellerStocks.Where(row => sizes.Contains((long)row.Size.ChrtId)
                && row.WarehouseId.ToString(System.Globalization.CultureInfo.InvariantCulture) == call.RouteValue))
            {
                writer.WriteStartObject();
                writer.WriteNumber("chrtId", row.Size.ChrtId);
                writer.WriteNumber("amount", row.Quantity);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }
}
