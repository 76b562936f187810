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
