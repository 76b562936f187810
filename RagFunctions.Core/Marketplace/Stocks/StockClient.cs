using System.Globalization;
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

    private const int LongestTask = 200;

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
    public Task<CallResult<AnswerPage<StockLine>>> WarehousesAsync(MarketplaceAccess access, int offset, CancellationToken cancellationToken) =>
        PageAsync(access, MarketplaceMethod.WarehouseStocks, "wb-warehouses", offset, cancellationToken);

    /// <summary>A page of the seller's own warehouses, which know no goods on the road.</summary>
    public Task<CallResult<AnswerPage<StockLine>>> SellerWarehousesAsync(MarketplaceAccess access, int offset, CancellationToken cancellationToken) =>
        PageAsync(access, MarketplaceMethod.SellerStocks, "seller-warehouses", offset, cancellationToken);

    /// <summary>Asks for a task report by size; it is prepared in minutes.</summary>
    public async Task<CallResult<RemainsState>> CreateRemainsAsync(MarketplaceAccess access, CancellationToken cancellationToken)
    {
        const string Groups = "?locale=ru&groupByNm=true&groupBySize=true&groupByBarcode=true";
        var call = new MarketplaceCall(access, MarketplaceMethod.RemainsCreate, new Uri(_host, TaskPath + Groups));
        return (await _transport.SendAsync(call, StockJsonContext.Default.RemainsTask, new RemainsTask(), cancellationToken))
            .Map(task => new RemainsState(Field.Required(task.Data?.TaskId ?? task.Data?.Id, "data.taskId", LongestTask), RemainsProgress.Working));
    }

    /// <summary>Asks how far a task is.</summary>
    public async Task<CallResult<RemainsState>> RemainsStateAsync(MarketplaceAccess access, string taskId, CancellationToken cancellationToken)
    {
        var address = new Uri(_host, $"{TaskPath}/tasks/{Uri.EscapeDataString(taskId)}/status");
        return (await _transport.SendAsync(new MarketplaceCall(access, MarketplaceMethod.RemainsStatus, address), StockJsonContext.Default.RemainsTask, new RemainsTask(), cancellationToken))
            .Map(task => new RemainsState(taskId, Field.Required(task.Data?.Status, "data.status", LongestTask) switch
            {
                "done" => RemainsProgress.Done,
                "purged" or "canceled" => RemainsProgress.Gone,
                _ => RemainsProgress.Working,
            }));
    }

    /// <summary>Fetches a finished report: the whole stock of the marketplace's warehouses, sums and goods on the road left out.</summary>
    public async Task<CallResult<AnswerPage<StockLine>>> DownloadRemainsAsync(MarketplaceAccess access, string taskId, CancellationToken cancellationToken)
    {
        var address = new Uri(_host, $"{TaskPath}/tasks/{Uri.EscapeDataString(taskId)}/download");
        return (await _transport.SendAsync(new MarketplaceCall(access, MarketplaceMethod.RemainsDownload, address), RemainsJsonContext.Default.ListAnswerRowStockLine, [], cancellationToken))
            .Map(rows => AnswerPage<StockLine>.Of(rows, "remains"));
    }

    private async Task<CallResult<AnswerPage<StockLine>>> PageAsync(
        MarketplaceAccess access, MarketplaceMethod method, string name, int offset, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new StockRequest(_pageRows, offset), StockJsonContext.Default.StockRequest);
        var call = new MarketplaceCall(access, method, new Uri(_host, $"/api/analytics/v1/stocks-report/{name}"), body);
        return (await _transport.SendAsync(call, StockJsonContext.Default.StockAnswer, new StockAnswer { Data = new() { Items = [] } }, cancellationToken))
            .Map(answer => AnswerPage<StockLine>.Of(answer.Data?.Items, "data.items"));
    }
}

/// <summary>One size of an article in one warehouse, in pieces.</summary>
/// <remarks>
/// <c>ChrtId</c>: The size's id; null where the report gives only <c>Barcode</c> and <c>Size</c>.
/// <c>WarehouseId</c>: Null where the report gives only names; -999999 while the marketplace merges its warehouses.
/// </remarks>
public sealed record StockLine(
    long NmId, ulong? ChrtId, string? Barcode, string? Size, long? WarehouseId, string WarehouseName, int Quantity, int InWayToClient,
    int InWayFromClient) : IMarketplaceRow
{
    private const int LongestName = 255;
    private const string ToClients = "В пути до получателей";
    private const string FromClients = "В пути возвраты на склад WB";

    /// <summary>The name under which the marketplace merges its warehouses in Russia; stands for goods that lie in none at the moment.</summary>
    private const string MergedWarehouse = "Склад WB РФ";

    // Lines of the task report that are sums or goods on the road, not warehouses.
    private static readonly string[] PseudoWarehouses = ["Всего ", "В пути "];

    /// <inheritdoc />
    public string Key => string.Create(CultureInfo.InvariantCulture, $"{NmId}/{ChrtId}/{Barcode}/{Size}/{WarehouseId}/{WarehouseName}");

    /// <inheritdoc />
    public long? Article => NmId;

    /// <summary>Checks a row of the two reports. The one of the seller's warehouses knows no goods on the road.</summary>
    internal static StockLine Of(StockAnswer.Item item) => new(
        Field.Required(item.NmId, "nmId"), Field.Required(item.ChrtId, "chrtId"), null, null, Field.Required(item.WarehouseId, "warehouseId"),
        Field.Required(item.WarehouseName, "warehouseName", LongestName), Field.Count(item.Quantity, "quantity"),
        item.InWayToClient is null ? 0 : Field.Count(item.InWayToClient, "inWayToClient"),
        item.InWayFromClient is null ? 0 : Field.Count(item.InWayFromClient, "inWayFromClient"));

    /// <summary>
    /// Checks a row of the task report: a line for each warehouse, sums left out. Goods on the road belong to no warehouse there; they stand
    /// with the first one, so that they are counted once.
    /// </summary>
    internal static IReadOnlyList<StockLine> Of(RemainsRow row)
    {
        var nmId = Field.Required(row.NmId, "nmId");
        var (toClients, fromClients) = (0, 0);
        List<StockLine> lines = [];
        foreach (var warehouse in row.Warehouses ?? [])
        {
            var name = Field.Required(warehouse?.WarehouseName, "warehouses[].warehouseName", LongestName);
            var quantity = Field.Count(warehouse!.Quantity, "warehouses[].quantity");
            if (name == ToClients)
            {
                toClients = quantity;
            }
            else if (name == FromClients)
            {
                fromClients = quantity;
            }
            else if (!PseudoWarehouses.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)))
            {
                lines.Add(new StockLine(nmId, null, row.Barcode, row.TechSize, null, name, quantity, 0, 0));
            }
        }

        if (toClients + fromClients > 0)
        {
            var first = lines.Count > 0 ? lines[0] : new StockLine(nmId, null, row.Barcode, row.TechSize, null, MergedWarehouse, 0, 0, 0);
            lines = [first with { InWayToClient = toClients, InWayFromClient = fromClients }, .. lines.Skip(1)];
        }

        return lines;
    }
}

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
    [JsonRequired]
    public StockData? Data { get; set; }

    internal sealed class StockData
    {
        [JsonRequired]
        public List<AnswerRow<StockLine>>? Items { get; set; }
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

/// <summary>Reads a row of the two reports by itself.</summary>
internal sealed class StockRowConverter() : AnswerRowConverter<StockAnswer.Item, StockLine>(["nmId", "chrtId", "warehouseId"], item => [StockLine.Of(item)]);

/// <summary>Reads a row of the task report by itself.</summary>
internal sealed class RemainsRowConverter() : AnswerRowConverter<RemainsRow, StockLine>(["nmId", "barcode", "techSize"], StockLine.Of);

/// <summary>Reads and writes without reflection. Unknown fields are ignored, names are exact.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.General,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowReadingFromString,
    Converters = [typeof(CleanTextConverter), typeof(StockRowConverter)])]
[JsonSerializable(typeof(StockAnswer))]
[JsonSerializable(typeof(StockAnswer.Item))]
[JsonSerializable(typeof(StockRequest))]
[JsonSerializable(typeof(RemainsTask))]
internal sealed partial class StockJsonContext : JsonSerializerContext;

/// <summary>The same for the task report, whose rows give the same lines from another shape.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.General,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    NumberHandling = JsonNumberHandling.AllowReadingFromString,
    Converters = [typeof(CleanTextConverter), typeof(RemainsRowConverter)])]
[JsonSerializable(typeof(List<AnswerRow<StockLine>>))]
[JsonSerializable(typeof(RemainsRow))]
internal sealed partial class RemainsJsonContext : JsonSerializerContext;
