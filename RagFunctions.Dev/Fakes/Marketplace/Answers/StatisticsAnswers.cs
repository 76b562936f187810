using System.Text.Json;
using RagFunctions.Dev.Fakes.Marketplace.Shops;

namespace RagFunctions.Dev.Fakes.Marketplace.Answers;

/// <summary>GET <c>/api/v1/supplier/orders</c> and <c>/sales</c>: rows changed since <c>dateFrom</c>, inclusive, ascending, cut at a number.</summary>
internal static class StatisticsAnswers
{
    public static Answer Orders(Call call, int rows) => Rows(call, rows, call.Shop.OrdersSince, WriteOrder);

    public static Answer Sales(Call call, int rows) => Rows(call, rows, call.Shop.SalesSince, WriteSale);

    private static Answer Rows<T>(Call call, int cap, Func<DateTimeOffset, int, List<T>> since, Action<Utf8JsonWriter, T> write)
        where T : IStatisticsRow
    {
        var text = call.RequiredText("dateFrom");
        var from = WireTime.Parse(text) ?? throw Refusal.BadRequest($"dateFrom: '{text}' is no RFC 3339 date");
        List<T> rows;
        if (call.Number("flag", 0, 1) == 1)
        {
            var day = WireTime.MoscowDay(from);
            rows = [.. since(DateTimeOffset.MinValue, int.MaxValue).Where(row => WireTime.MoscowDay(row.At) == day)];
        }
        else
        {
            rows = since(from, cap);
        }

        return Answer.Json(writer =>
        {
            writer.WriteStartArray();
            foreach (var row in rows)
            {
                writer.WriteStartObject();
                write(writer, row);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        });
    }

    private static void WriteOrder(Utf8JsonWriter writer, ShopOrder order)
    {
        WriteGoods(writer, order, order.At, order.LastChange);
        writer.WriteNumber("totalPrice", order.TotalPrice);
        writer.WriteNumber("discountPercent", order.DiscountPercent);
        writer.WriteNumber("spp", order.Spp);
        writer.WriteNumber("finishedPrice", order.FinishedPrice);
        writer.WriteNumber("priceWithDisc", order.PriceWithDisc);
        writer.WriteBoolean("isCancel", order.CancelledAt is not null);
        writer.WriteString("cancelDate", order.CancelledAt is { } at ? WireTime.Moscow(at) : "0001-01-01T00:00:00");
        WriteIdentity(writer, order);
    }

    private static void WriteSale(Utf8JsonWriter writer, ShopSale sale)
    {
        WriteGoods(writer, sale.Order, sale.At, sale.LastChange);
        writer.WriteNumber("totalPrice", sale.TotalPrice);
        writer.WriteNumber("discountPercent", sale.Order.DiscountPercent);
        writer.WriteNumber("spp", sale.Order.Spp);
        writer.WriteNumber("paymentSaleAmount", sale.PaymentSaleAmount);
        writer.WriteNumber("forPay", sale.ForPay);
        writer.WriteNumber("finishedPrice", sale.FinishedPrice);
        writer.WriteNumber("priceWithDisc", sale.PriceWithDisc);
        writer.WriteString("saleID", sale.SaleId);
        WriteIdentity(writer, sale.Order);
    }

    private static void WriteGoods(Utf8JsonWriter writer, ShopOrder order, DateTimeOffset at, DateTimeOffset lastChange)
    {
        var product = order.Product;
        writer.WriteString("date", WireTime.Moscow(at));
        writer.WriteString("lastChangeDate", WireTime.Moscow(lastChange));
        writer.WriteString("warehouseName", order.Warehouse);
        writer.WriteString("warehouseType", order.WarehouseType);
        writer.WriteString("countryName", "Россия");
        writer.WriteString("oblastOkrugName", order.District);
        writer.WriteString("regionName", order.Region);
        writer.WriteString("supplierArticle", product.VendorCode);
        writer.WriteNumber("nmId", product.NmId);
        writer.WriteString("barcode", order.Size.Barcode);
        writer.WriteString("category", product.Kind.Category);
        writer.WriteString("subject", product.Kind.Subject);
        writer.WriteString("brand", product.Brand);
        writer.WriteString("techSize", order.Size.TechSize);
        writer.WriteNumber("incomeID", 0);
        writer.WriteBoolean("isSupply", false);
        writer.WriteBoolean("isRealization", true);
    }

    private static void WriteIdentity(Utf8JsonWriter writer, ShopOrder order)
    {
        writer.WriteString("sticker", "");
        writer.WriteString("gNumber", order.GNumber);
        writer.WriteString("srid", order.Srid);
    }
}
