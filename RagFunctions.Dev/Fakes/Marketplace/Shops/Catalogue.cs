namespace RagFunctions.Dev.Fakes.Marketplace.Shops;

/// <summary>The articles: made, changed, priced, thrown away and taken back.</summary>
internal sealed class Catalogue
{
    private readonly ShopClock _clock;
    private readonly StockRoom _stock;
    private readonly ShopOptions _options;
    private readonly List<ShopProduct> _products = [];
    private readonly Dictionary<long, int> _places = [];

    public Catalogue(ShopClock clock, StockRoom stock, ShopOptions options)
    {
        (_clock, _stock, _options) = (clock, stock, options);
        for (var i = 0; i < options.Products; i++)
        {
            // Cards loaded from one file share their instant.
            Make(clock.Now - TimeSpan.FromDays(1 + (i / 7)) - TimeSpan.FromMicroseconds(123_456 + (i / 7 * 1_000)));
        }

        clock.Daily(options.NewProductsPerDay, () => Make(clock.Now));
        clock.Daily(options.CardChangesPerDay, ChangeCards);
        clock.Daily(options.PriceChangesPerDay, ChangePrice);
        clock.Daily(options.TrashPerDay, Trash);
    }

    /// <summary>All articles, those in the trash too.</summary>
    public IReadOnlyList<ShopProduct> All => _products;

    /// <summary>An article as it is now.</summary>
    public ShopProduct Of(long nmId) => _products[_places[nmId]];

    /// <summary>One that is on sale, the older ones rather; null when none is.</summary>
    public ShopProduct? PickOnSale()
    {
        for (var attempt = 0; attempt < 20 && _products.Count > 0; attempt++)
        {
            var chance = _clock.Random.NextDouble();
            var product = _products[(int)(_products.Count * chance * chance)];
            if (product.TrashedAt is null)
            {
                return product;
            }
        }

        return null;
    }

    private void Make(DateTimeOffset at)
    {
        var random = _clock.Random;
        var number = _products.Count;
        var nmId = 150_000_000L + ((uint)_options.Seed % 1_000 * 300_000) + (number * 37);
        var kind = ProductWords.Kinds[random.Next(ProductWords.Kinds.Count)];
        var color = ProductWords.Color(random);
        var hasSizePrices = random.Next(8) == 0;
        var first = random.Next(Math.Max(1, kind.Sizes.Count - 3));
        var names = kind.Sizes.Count == 0 ? ["0"] : kind.Sizes.Skip(first).Take(random.Next(1, 6)).ToArray();
        var sizes = names.Select((name, index) => new ShopSize(
            (ulong)((nmId * 2) + 100_000_007 + index),
            name,
            name == "0" ? "" : (42 + (2 * (first + index))).ToString(System.Globalization.CultureInfo.InvariantCulture),
            $"204{nmId % 1_000_000_000:D9}{index}",
            hasSizePrices ? index * 50 : 0));
        var product = new ShopProduct(
            nmId, nmId - (nmId % 3), $"{kind.Noun[..2].ToUpperInvariant()}-{number:D3}/{random.Next(100)}", kind, ProductWords.Brand(random), color,
            ProductWords.Title(random, kind, color), ProductWords.Description(random), random.Next(10) == 0 ? 0 : random.Next(1, 6), [.. sizes],
            kind.Price * random.Next(60, 180) / 100, random.Next(5, 60), at, at, null);
        _places.Add(nmId, _products.Count);
        _products.Add(product);
        foreach (var size in product.Sizes)
        {
            _stock.Add(product, size);
        }
    }

    // Now and then several cards at one instant, as by a file of the seller.
    private void ChangeCards()
    {
        var random = _clock.Random;
        var count = random.Next(5) == 0 ? random.Next(2, 6) : 1;
        for (var i = 0; i < count; i++)
        {
            if (PickOnSale() is { } product)
            {
                product = random.Next(10) switch
                {
                    < 7 => product with { Title = ProductWords.Title(random, product.Kind, product.Color) },
                    < 9 => product with { Description = ProductWords.Description(random) },
                    _ => product with { Photos = random.Next(0, 6) },
                };
                Put(product with { UpdatedAt = _clock.Now });
            }
        }
    }

    private void ChangePrice()
    {
        if (PickOnSale() is { } product)
        {
            Put(_clock.Chance(0.7)
                ? product with { Discount = _clock.Random.Next(0, 70) }
                : product with { Price = Math.Max(100, product.Price * _clock.Random.Next(85, 120) / 100) });
        }
    }

    private void Trash()
    {
        if (PickOnSale() is not { } product)
        {
            return;
        }

        Put(product with { TrashedAt = _clock.Now });
        if (_clock.Random.Next(3) == 0)
        {
            _clock.Between(TimeSpan.FromHours(2), TimeSpan.FromDays(4), () => Put(Of(product.NmId) with { TrashedAt = null, UpdatedAt = _clock.Now }));
        }
    }

    private void Put(ShopProduct product) => _products[_places[product.NmId]] = product;
}

/// <summary>An article: card, price, and whether it lies in the trash.</summary>
/// <param name="NmId">The article number.</param>
/// <param name="ImtId">The joined card.</param>
/// <param name="VendorCode">The seller's own number.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Brand">The brand.</param>
/// <param name="Color">The colour, in Russian.</param>
/// <param name="Title">The title; changes.</param>
/// <param name="Description">The text, or null.</param>
/// <param name="Photos">How many photos.</param>
/// <param name="Sizes">At least one.</param>
/// <param name="Price">List price in roubles.</param>
/// <param name="Discount">The seller's discount in percent.</param>
/// <param name="CreatedAt">When the card was made.</param>
/// <param name="UpdatedAt">When the card was last changed; prices do not move it.</param>
/// <param name="TrashedAt">Since when it lies in the trash; null = it is on sale.</param>
public sealed record ShopProduct(
    long NmId, long ImtId, string VendorCode, ProductKind Kind, string Brand, string Color, string Title, string? Description, int Photos,
    IReadOnlyList<ShopSize> Sizes, int Price, int Discount, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, DateTimeOffset? TrashedAt)
{
    /// <summary>Whether sizes have prices of their own.</summary>
    public bool HasSizePrices => Sizes.Any(size => size.PriceStep > 0);

    /// <summary>List price of a size in roubles.</summary>
    public int PriceOf(ShopSize size) => Price + size.PriceStep;

    /// <summary>Price of a size after the seller's discount.</summary>
    public decimal DiscountedPriceOf(ShopSize size) => Math.Round(PriceOf(size) * (100 - Discount) / 100m, 2);
}

/// <summary>A size of an article.</summary>
/// <param name="ChrtId">Its id in stocks and prices.</param>
/// <param name="TechSize">The seller's name of it; <c>0</c> = the article has no sizes.</param>
/// <param name="WbSize">The Russian size, or empty.</param>
/// <param name="Barcode">Its only barcode.</param>
/// <param name="PriceStep">Roubles above the article's price, where sizes have their own.</param>
public sealed record ShopSize(ulong ChrtId, string TechSize, string WbSize, string Barcode, int PriceStep);

/// <summary>A kind of goods.</summary>
/// <param name="SubjectId">The marketplace's number of it.</param>
/// <param name="Category">The parent category.</param>
/// <param name="Subject">The kind's own name, plural.</param>
/// <param name="Noun">How a title begins.</param>
/// <param name="Features">What a title may add.</param>
/// <param name="Sizes">Names of sizes; none = the goods have no sizes.</param>
/// <param name="Price">A usual price in roubles.</param>
public sealed record ProductKind(
    int SubjectId, string Category, string Subject, string Noun, IReadOnlyList<string> Features, IReadOnlyList<string> Sizes, int Price);
