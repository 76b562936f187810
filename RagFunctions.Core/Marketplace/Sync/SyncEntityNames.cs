namespace RagFunctions.Core.Marketplace.Sync;

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
