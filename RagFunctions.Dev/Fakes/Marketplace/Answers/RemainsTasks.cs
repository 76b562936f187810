using System.Collections.Concurrent;
using System.Text.Json;
using RagFunctions.Dev.Fakes.Marketplace.Shops;

namespace RagFunctions.Dev.Fakes.Marketplace.Answers;

/// <summary>
/// The task report <c>/api/v1/warehouse_remains</c>: made of the stock at the time of creating, ready after a while, gone after a longer
/// one. Columns are there as far as the parameters group by them.
/// </summary>
internal sealed class RemainsTasks(TimeSpan preparation, TimeSpan life)
{
    private readonly ConcurrentDictionary<(Guid Seller, string Id), Task> _tasks = new();

    public Answer Create(Call call)
    {
        var task = new Task(
            Guid.NewGuid().ToString(), call.Now, call.Shop.WarehouseStocks, call.Shop.Products.ToDictionary(product => product.NmId),
            new Groups(
                call.Flag("groupByNm") ?? false, call.Flag("groupBySize") ?? false, call.Flag("groupByBarcode") ?? false,
                call.Flag("groupBySa") ?? false, call.Flag("groupByBrand") ?? false, call.Flag("groupBySubject") ?? false));
        _tasks[(call.Shop.SellerId, task.Id)] = task;
        return Answer.Json(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartObject("data");
            writer.WriteString("taskId", task.Id);
            writer.WriteEndObject();
            writer.WriteEndObject();
        });
    }

    public Answer Status(Call call)
    {
        var task = Find(call);
        return Answer.Json(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartObject("data");
            writer.WriteString("id", task.Id);
            writer.WriteString("status", StatusOf(task, call.Now));
            writer.WriteEndObject();
            writer.WriteEndObject();
        });
    }

    public Answer Download(Call call)
    {
        var task = Find(call);
        if (StatusOf(task, call.Now) is not "done" and var status)
        {
            throw Refusal.NotFound($"the report is {status}");
        }

        var rows = RemainsReportRow.Of(task.Stocks, task.Products, task.Groups);
        return rows.Count == 0 ? Answer.NoContent : Answer.Json(writer => Write(writer, rows));
    }

    private Task Find(Call call) =>
        _tasks.TryGetValue((call.Shop.SellerId, call.RouteValue), out var task) ? task : throw Refusal.NotFound("no such task");

    private string StatusOf(Task task, DateTimeOffset now) => (now - task.CreatedAt) switch
    {
        var age when age < preparation / 5 => "new",
        var age when age < preparation => "processing",
        var age when age < life => "done",
        _ => "purged",
    };

    private static void Write(Utf8JsonWriter writer, List<RemainsReportRow> rows)
    {
        writer.WriteStartArray();
        foreach (var row in rows)
        {
            writer.WriteStartObject();
            Text(writer, "brand", row.Brand);
            Text(writer, "subjectName", row.Subject);
            Text(writer, "vendorCode", row.VendorCode);
            if (row.NmId is { } nmId)
            {
                writer.WriteNumber("nmId", nmId);
            }

            Text(writer, "barcode", row.Barcode);
            Text(writer, "techSize", row.TechSize);
            writer.WriteNumber("volume", 0.8);
            writer.WriteStartArray("warehouses");
            foreach (var (name, quantity) in row.Warehouses)
            {
                writer.WriteStartObject();
                writer.WriteString("warehouseName", name);
                writer.WriteNumber("quantity", quantity);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void Text(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }

    private sealed record Task(
        string Id, DateTimeOffset CreatedAt, IReadOnlyList<ShopStock> Stocks, IReadOnlyDictionary<long, ShopProduct> Products, Groups Groups);

    /// <summary>What a report groups by.</summary>
    internal sealed record Groups(bool Nm, bool Size, bool Barcode, bool Sa, bool Brand, bool Subject);
}

/// <summary>A row of the task report; a column that it does not group by is null.</summary>
internal sealed record RemainsReportRow(
    string? Brand, string? Subject, string? VendorCode, long? NmId, string? Barcode, string? TechSize, IReadOnlyList<(string Name, int Quantity)> Warehouses)
{
    /// <summary>Groups stock by what was asked for.</summary>
    public static List<RemainsReportRow> Of(
        IReadOnlyList<ShopStock> stocks, IReadOnlyDictionary<long, ShopProduct> products, RemainsTasks.Groups groups) =>
    [
        .. from stock in stocks
           let product = products[stock.NmId]
           group stock by new
           {
               Brand = groups.Brand ? product.Brand : null,
               Subject = groups.Subject ? product.Kind.Subject : null,
               VendorCode = groups.Sa ? product.VendorCode : null,
               NmId = groups.Nm ? stock.NmId : (long?)null,
               Barcode = groups.Barcode ? stock.Size.Barcode : null,
               TechSize = groups.Size ? stock.Size.TechSize : null,
           }
           into rows
           select new RemainsReportRow(
               rows.Key.Brand, rows.Key.Subject, rows.Key.VendorCode, rows.Key.NmId, rows.Key.Barcode, rows.Key.TechSize, Lines([.. rows])),
    ];

    // The lines of sums and of goods on the road stand among the warehouses, as in the real report; a line of nothing is left out.
    private static List<(string Name, int Quantity)> Lines(List<ShopStock> rows)
    {
        var abroad = rows.Sum(ShopRemains.Abroad);
        List<(string Name, int Quantity)> lines =
        [
            ("В пути до получателей", rows.Sum(row => row.InWayToClient)),
            ("В пути возвраты на склад WB", rows.Sum(row => row.InWayFromClient)),
            ("Всего находится на складах", rows.Sum(row => row.Quantity)),
            (ShopPlaces.MergedWarehouseInStatistics, rows.Sum(row => row.Quantity) - abroad),
            (ShopPlaces.AbroadWarehouse, abroad),
        ];
        return [.. lines.Where(line => line.Quantity > 0)];
    }
}
