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
