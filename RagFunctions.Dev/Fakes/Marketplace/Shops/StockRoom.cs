namespace RagFunctions.Dev.Fakes.Marketplace.Shops;

/// <summary>The stock of every size, and its state at the last refresh, which is what reports show.</summary>
internal sealed class StockRoom(ShopClock clock, TimeSpan refresh)
{
    private readonly List<Shelf> _shelves = [];
    private readonly Dictionary<ulong, int> _places = [];
    private Shelf[] _before = [];
    private long _changedIn = -1;

    /// <summary>Gives a new size its place.</summary>
    public void Add(ShopProduct product, ShopSize size)
    {
        Remember();
        _places.Add(size.ChrtId, _shelves.Count);
        _shelves.Add(new Shelf(product.NmId, size, 0, 0, 0, 0, 0));
    }

    /// <summary>A size's stock now.</summary>
    public Shelf Of(ShopSize size) => _shelves[_places[size.ChrtId]];

    /// <summary>Puts a size's new stock in its place.</summary>
    public void Put(Shelf shelf)
    {
        Remember();
        _shelves[_places[shelf.Size.ChrtId]] = shelf;
    }

    /// <summary>Every size's stock now.</summary>
    public IReadOnlyList<Shelf> Now => _shelves;

    /// <summary>The report of the marketplace's warehouses, all merged into one. Half of the sizes vanish from it when nothing is left.</summary>
    public List<ShopStock> WarehouseReport() =>
    [
        .. from shelf in Published()
           where shelf.Quantity + shelf.ToClient + shelf.FromClient > 0 || (shelf.Size.ChrtId % 2 == 1 && shelf.WasStocked)
           select new ShopStock(
               shelf.NmId, shelf.Size, ShopPlaces.MergedWarehouseId, ShopPlaces.MergedWarehouse, ShopPlaces.MergedWarehouse,
               shelf.Quantity, shelf.ToClient, shelf.FromClient),
    ];

    /// <summary>The report of the seller's own warehouses: only what is there.</summary>
    public List<ShopStock> SellerReport() =>
    [
        .. from shelf in Published()
           from place in new[] { (Index: 0, Quantity: shelf.First), (Index: 1, Quantity: shelf.Second) }
           where place.Quantity > 0
           let warehouse = ShopPlaces.SellerWarehouses[place.Index]
           select new ShopStock(shelf.NmId, shelf.Size, warehouse.Id, warehouse.Name, warehouse.Region, place.Quantity, 0, 0),
    ];

    private IReadOnlyList<Shelf> Published() => refresh == TimeSpan.Zero || Period() > _changedIn ? _shelves : _before;

    // The first change within a period keeps the state that the period's reports show.
    private void Remember()
    {
        if (refresh > TimeSpan.Zero && Period() > _changedIn)
        {
            _before = [.. _shelves];
            _changedIn = Period();
        }
    }

    private long Period() => clock.Now.UtcTicks / refresh.Ticks;

    /// <summary>A size: pieces at the marketplace, on the way to buyers and back, and in the seller's two warehouses.</summary>
    internal readonly record struct Shelf(long NmId, ShopSize Size, int Quantity, int ToClient, int FromClient, int First, int Second)
    {
        /// <summary>Whether the marketplace has ever had it.</summary>
        public bool WasStocked { get; init; }
    }
}

/// <summary>A row of a stock report: one size in one warehouse, in pieces.</summary>
/// <param name="NmId">The article.</param>
/// <param name="Size">The size.</param>
/// <param name="WarehouseId">-999999 = the marketplace's warehouses, merged.</param>
/// <param name="Warehouse">The warehouse's name.</param>
/// <param name="Region">Where it stands.</param>
/// <param name="Quantity">Pieces that can be ordered.</param>
/// <param name="InWayToClient">Pieces on their way to buyers; 0 in the seller's warehouses.</param>
/// <param name="InWayFromClient">Pieces on their way back; 0 in the seller's warehouses.</param>
public sealed record ShopStock(
    long NmId, ShopSize Size, long WarehouseId, string Warehouse, string Region, int Quantity, int InWayToClient, int InWayFromClient);

/// <summary>A real warehouse's line of the task report: one size, in pieces.</summary>
/// <param name="NmId">The article.</param>
/// <param name="Size">The size.</param>
/// <param name="Warehouse">The warehouses in Russia are one; one abroad remains.</param>
/// <param name="Quantity">Pieces; more than 0.</param>
public sealed record ShopRemains(long NmId, ShopSize Size, string Warehouse, int Quantity, int InWayToClient = 0, int InWayFromClient = 0)
{
    /// <summary>What of a merged row lies abroad: a third of every fifth size.</summary>
    internal static int Abroad(ShopStock row) => row.Size.ChrtId % 5 == 3 ? row.Quantity / 3 : 0;

    /// <summary>The lines of one merged row.</summary>
    internal static IEnumerable<ShopRemains> Of(ShopStock row)
    {
        var abroad = Abroad(row);
        ShopRemains[] lines =
        [
            new(row.NmId, row.Size, ShopPlaces.MergedWarehouseInStatistics, row.Quantity - abroad),
            new(row.NmId, row.Size, ShopPlaces.AbroadWarehouse, abroad),
        ];
        ShopRemains[] held = [.. lines.Where(line => line.Quantity > 0)];
        if (row.InWayToClient + row.InWayFromClient == 0)
        {
            return held;
        }

        // Goods on the road belong to no warehouse: they are counted with the first one.
        var first = held is [var largest, ..] ? largest : new ShopRemains(row.NmId, row.Size, ShopPlaces.MergedWarehouseInStatistics, 0);
        return [first with { InWayToClient = row.InWayToClient, InWayFromClient = row.InWayFromClient }, .. held.Skip(1)];
    }
}

/// <summary>Warehouses and buyers' regions.</summary>
internal static class ShopPlaces
{
    public const long MergedWarehouseId = -999_999;
    public const string MergedWarehouse = "Склад WB";
    public const string MergedWarehouseInStatistics = "Склад WB РФ";
    public const string WarehouseType = "Склад WB";
    public const string SellerWarehouseType = "Склад продавца";
    public const string AbroadWarehouse = "Минск";

    public static readonly IReadOnlyList<(long Id, string Name, string Region)> SellerWarehouses =
        [(1_204_455, "Основной склад", "Приволжский"), (1_204_456, "Склад на Ленина, 5", "Уральский")];

    public static readonly IReadOnlyList<(string District, string Region)> Buyers =
    [
        ("Центральный федеральный округ", "Московская"), ("Центральный федеральный округ", "Москва"),
        ("Центральный федеральный округ", "Тульская"), ("Приволжский федеральный округ", "Самарская"),
        ("Приволжский федеральный округ", "Республика Татарстан"), ("Приволжский федеральный округ", "Пермский край"),
        ("Северо-Западный федеральный округ", "Санкт-Петербург"), ("Северо-Западный федеральный округ", "Мурманская"),
        ("Уральский федеральный округ", "Свердловская"), ("Сибирский федеральный округ", "Новосибирская"),
        ("Сибирский федеральный округ", "Красноярский край"), ("Южный федеральный округ", "Краснодарский край"),
        ("Южный федеральный округ", "Ростовская"), ("Дальневосточный федеральный округ", "Приморский край"),
    ];
}
