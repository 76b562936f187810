namespace RagFunctions.Core.Marketplace.Sync;

/// <summary>What is synchronised by itself: own calls, own limits, own cursor, own result. In the order in which it is best started.</summary>
public enum SyncEntity
{
    /// <summary>Cards and the trash → <c>wb_products</c>, <c>wb_product_sizes</c>.</summary>
    Cards,

    /// <summary>Prices → <c>wb_products</c>.</summary>
    Prices,

    /// <summary>Stock reports → <c>wb_stocks</c>.</summary>
    Stocks,

    /// <summary>Orders → <c>wb_orders</c>.</summary>
    Orders,

    /// <summary>Sales and returns → <c>wb_sales</c>.</summary>
    Sales,

    /// <summary>Reviews → <c>wb_reviews</c>, and the ratings in <c>wb_products</c>.</summary>
    Reviews,
}

/// <summary>The names of a <see cref="SyncEntity"/> in the database and on the command line.</summary>
public static class SyncEntityNames
{
    /// <summary>All, in starting order.</summary>
    public static IReadOnlyList<SyncEntity> All { get; } = Enum.GetValues<SyncEntity>();

    /// <summary><c>cards</c>, <c>prices</c>, <c>stocks</c>, <c>orders</c>, <c>sales</c>, <c>reviews</c>.</summary>
    public static string Name(this SyncEntity entity) => entity switch
    {
        SyncEntity.Cards => "cards",
        SyncEntity.Prices => "prices",
        SyncEntity.Stocks => "stocks",
        SyncEntity.Orders => "orders",
        SyncEntity.Sales => "sales",
        SyncEntity.Reviews => "reviews",
        _ => throw new ArgumentOutOfRangeException(nameof(entity), entity, "not an entity of the sync"),
    };

    /// <summary>Reads a name; exact, case-sensitive.</summary>
    public static bool TryParse(string? name, out SyncEntity entity)
    {
        foreach (var candidate in All)
        {
            if (string.Equals(candidate.Name(), name, StringComparison.Ordinal))
            {
                entity = candidate;
                return true;
            }
        }

        entity = default;
        return false;
    }
}
