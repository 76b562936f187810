using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using RagFunctions.Core.Marketplace.Client;
using RagFunctions.Core.Marketplace.Limits;

namespace RagFunctions.Core.Marketplace.Stocks;

/// <summary>Stock: the reports of the marketplace's and the seller's warehouses, and the task report for basic tokens.</summary>
public sealed class StockClient
{
    private const string TaskPath = "/api/v1/warehouse_remains";

    // Lines of the task report that are sums or goods on the road, not warehouses.
    private static readonly string[] PseudoWarehouses = ["Всего ", "В пути "];

    private readonly MarketplaceTransport _transport;
    private readonly Uri _host;
    private readonly int _pageRows;

    internal StockClient(MarketplaceTransport transport, IOptions<MarketplaceOptions> options)
    {
        _transport = transport;
        _host = new Uri(options.Value.AnalyticsUrl);
        _pageRows = options.Value.StockPageRows;
    }

    /// <summary>A page of the marketplace's warehouses. Fewer rows than <see cref="MarketplaceOptions.StockPageRows"/> = the last.</summary>
    public Task<CallResult<IReadOnlyList<StockLine>>> WarehousesAsync(MarketplaceAccess access, int offset, CancellationToken cancellationToken) =>
        PageAsync(access, MarketplaceMethod.WarehouseStocks, "wb-warehouses", offset, cancellationToken);

    /// <summary>A page of the seller's own warehouses, which know no goods on the road.</summary>
    public Task<CallResult<IReadOnlyList<StockLine>>> SellerWarehousesAsync(MarketplaceAccess access, int offset, CancellationToken cancellationToken) =>
        PageAsync(access, MarketplaceMethod.SellerStocks, "seller-warehouses", offset, cancellationToken);

    /// <summary>Asks for a task report by size; it is prepared in minutes.</summary>
    public async Task<CallResult<RemainsState>> CreateRemainsAsync(MarketplaceAccess access, CancellationToken cancellationToken)
    {
        const string Groups = "?locale=ru&groupByNm=true&groupBySize=true&groupByBarcode=true";
        var call = new MarketplaceCall(access, MarketplaceMethod.RemainsCreate, new Uri(_host, TaskPath + Groups));
        var field = new Field("data", -1);
        return (await _transport.SendAsync(call, StockJsonContext.Default.RemainsTask, new RemainsTask(), cancellationToken))
            .Map(task => new RemainsState(field.Required(task.Data?.TaskId ?? task.Data?.Id, "taskId"), RemainsProgress.Working));
    }

    /// <summary>Asks how far a task is.</summary>
    public async Task<CallResult<RemainsState>> RemainsStateAsync(MarketplaceAccess access, string taskId, CancellationToken cancellationToken)
    {
        var address = new Uri(_host, $"{TaskPath}/tasks/{Uri.EscapeDataString(taskId)}/status");
        var field = new Field("data", -1);
        return (await _transport.SendAsync(new MarketplaceCall(access, MarketplaceMethod.RemainsStatus, address), StockJsonContext.Default.RemainsTask, new RemainsTask(), cancellationToken))
            .Map(task => new RemainsState(taskId, field.Required(task.Data?.Status, "status") switch
            {
                "done" => RemainsProgress.Done,
                "purged" or "canceled" => RemainsProgress.Gone,
                _ => RemainsProgress.Working,
            }));
    }

    /// <summary>Fetches a finished report: the whole stock of the marketplace's warehouses, sums and goods on the road left out.</summary>
    public async Task<CallResult<IReadOnlyList<StockLine>>> DownloadRemainsAsync(MarketplaceAccess access, string taskId, CancellationToken cancellationToken)
    {
        var address = new Uri(_host, $"{TaskPath}/tasks/{Uri.EscapeDataString(taskId)}/download");
        return (await _transport.SendAsync(new MarketplaceCall(access, MarketplaceMethod.RemainsDownload, address), StockJsonContext.Default.ListRemainsRow, [], cancellationToken))
            .Map<IReadOnlyList<StockLine>>(Lines);
    }

    private async Task<CallResult<IReadOnlyList<StockLine>>> PageAsync(
        MarketplaceAccess access, MarketplaceMethod method, string name, int offset, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new StockRequest(_pageRows, offset), StockJsonContext.Default.StockRequest);
        var call = new MarketplaceCall(access, method, new Uri(_host, $"/api/analytics/v1/stocks-report/{name}"), body);
        var seller = method == MarketplaceMethod.SellerStocks;
        return (await _transport.SendAsync(call, StockJsonContext.Default.StockAnswer, new StockAnswer { Data = new() { Items = [] } }, cancellationToken))
            .Map<IReadOnlyList<StockLine>>(answer => Lines(answer, seller));
    }

    private static List<StockLine> Lines(StockAnswer answer, bool seller)
    {
        var items = answer.Data?.Items ?? throw new MarketplaceFormatException("data.items", "is missing");
        var lines = new List<StockLine>(items.Count);
        for (var i = 0; i < items.Count; i++)
        {
            var field = new Field("data.items", i);
            var item = field.Present(items[i]);
            lines.Add(new StockLine(
                field.Required(item.NmId, "nmId"), field.Required(item.ChrtId, "chrtId"), null, null, field.Required(item.WarehouseId, "warehouseId"),
                field.Required(item.WarehouseName, "warehouseName"), field.Count(item.Quantity, "quantity"),
                seller ? 0 : field.Count(item.InWayToClient, "inWayToClient"), seller ? 0 : field.Count(item.InWayFromClient, "inWayFromClient")));
        }

        return lines;
    }

    private static List<StockLine> Lines(List<RemainsRow> rows)
    {
        var lines = new List<StockLine>(rows.Count);
        for (var i = 0; i < rows.Count; i++)
        {
            var field = new Field("remains", i);
            var row = field.Present(rows[i]);
            var nmId = field.Required(row.NmId, "nmId");
            foreach (var warehouse in row.Warehouses ?? [])
            {
                var name = field.Required(warehouse?.WarehouseName, "warehouses[].warehouseName");
                if (!PseudoWarehouses.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)))
                {
                    var quantity = field.Count(warehouse!.Quantity, "warehouses[].quantity");
                    lines.Add(new StockLine(nmId, null, row.Barcode, row.TechSize, null, name, quantity, 0, 0));
                }
            }
        }

        return lines;
    }
}

/// <summary>One size of an article in one warehouse, in pieces.</summary>
/// <remarks>
/// <c>ChrtId</c>: The size's id; null where the report gives only <c>Barcode</c> and <c>Size</c>.
/// <c>WarehouseId</c>: Null where the report gives only names; -999999 while the marketplace merges its warehouses.
/// </remarks>
public sealed record StockLine(
    long NmId, ulong? ChrtId, string? Barcode, string? Size, long? WarehouseId, string WarehouseName, int Quantity, int InWayToClient,
    int InWayFromClient);

/// <summary>A task that prepares the stock report of basic tokens.</summary>
/// <param name="Id">Names it in the next calls.</param>
/// <param name="Progress">How far it is.</param>
public sealed record RemainsState(string Id, RemainsProgress Progress);

/// <summary>State of a report task.</summary>
public enum RemainsProgress
{
    /// <summary>Not ready yet.</summary>
    Working,

    /// <summary>Can be downloaded.</summary>
    Done,

    /// <summary>Gone (purged or cancelled): a new one is needed.</summary>
    Gone,
}

internal sealed record StockRequest(int Limit, int Offset);

internal sealed class StockAnswer
{
    public StockData? Data { get; set; }

    internal sealed class StockData
    {
        public List<Item>? Items { get; set; }
    }

    internal sealed class Item
    {
        public long? NmId { get; set; }
        public ulong? ChrtId { get; set; }
        public long? WarehouseId { get; set; }
        public string? WarehouseName { get; set; }
        public long? Quantity { get; set; }
        public long? InWayToClient { get; set; }
        public long? InWayFromClient { get; set; }
    }
}

/// <summary>Answer of creating a task and of asking for its state.</summary>
internal sealed class RemainsTask
{
    public TaskData? Data { get; set; }

    internal sealed class TaskData
    {
        public string? TaskId { get; set; }
        public string? Id { get; set; }
        public string? Status { get; set; }
    }
}

internal sealed class RemainsRow
{
    public long? NmId { get; set; }
    public string? Barcode { get; set; }
    public string? TechSize { get; set; }
    public List<Warehouse>? Warehouses { get; set; }

    internal sealed class Warehouse
    {
        public string? WarehouseName { get; set; }
        public long? Quantity { get; set; }
    }
}

/// <summary>Reads and writes without reflection. Unknown fields are ignored, names are exact.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.General,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowReadingFromString,
    Converters = [typeof(CleanTextConverter)])]
[JsonSerializable(typeof(StockAnswer))]
[JsonSerializable(typeof(StockRequest))]
[JsonSerializable(typeof(RemainsTask))]
[JsonSerializable(typeof(List<RemainsRow>))]
internal sealed partial class StockJsonContext : JsonSerializerContext;
