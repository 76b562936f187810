using System.Diagnostics.CodeAnalysis;

namespace RagFunctions.Core;

/// <summary>
/// What a source row is. The closed list of source tables: nothing outside it is ever read, queued or indexed.
/// </summary>
public enum Entity
{
    /// <summary>Catalogue cards, <c>wb_products</c>. First, because the other four print the catalogue's name.</summary>
    Products,

    /// <summary>Orders, <c>wb_orders</c>.</summary>
    Orders,

    /// <summary>Stock per article, size and warehouse, <c>wb_stocks</c>.</summary>
    Stocks,

    /// <summary>Buyers' reviews, <c>wb_reviews</c>.</summary>
    Reviews,

    /// <summary>Buyouts and returns, <c>wb_sales</c>.</summary>
    Sales,
}

/// <summary>The names an <see cref="Entity"/> has on the wire, in the source database and in the index.</summary>
public static class EntityNames
{
    /// <summary>All entities in processing order: products first, then those that print a product's name.</summary>
    public static IReadOnlyList<Entity> All { get; } =
        [Entity.Products, Entity.Orders, Entity.Stocks, Entity.Reviews, Entity.Sales];

    /// <summary>The key in <c>changed_ids</c>: <c>orders</c>, <c>products</c>, <c>stocks</c>, <c>reviews</c>, <c>sales</c>.</summary>
    public static string WireName(this Entity entity) => entity switch
    {
        Entity.Products => "products",
        Entity.Orders => "orders",
        Entity.Stocks => "stocks",
        Entity.Reviews => "reviews",
        Entity.Sales => "sales",
        _ => throw new ArgumentOutOfRangeException(nameof(entity), entity, "not an entity"),
    };

    /// <summary>The source table, also <c>rag_metadata.source_table</c>: <c>wb_orders</c> and so on.</summary>
    public static string TableName(this Entity entity) => entity switch
    {
        Entity.Products => "wb_products",
        Entity.Orders => "wb_orders",
        Entity.Stocks => "wb_stocks",
        Entity.Reviews => "wb_reviews",
        Entity.Sales => "wb_sales",
        _ => throw new ArgumentOutOfRangeException(nameof(entity), entity, "not an entity"),
    };

    /// <summary><c>rag_metadata.chunk_type</c>: <c>order</c>, <c>product</c>, <c>stock</c>, <c>review</c>, <c>sale</c>.</summary>
    public static string ChunkType(this Entity entity) => entity switch
    {
        Entity.Products => "product",
        Entity.Orders => "order",
        Entity.Stocks => "stock",
        Entity.Reviews => "review",
        Entity.Sales => "sale",
        _ => throw new ArgumentOutOfRangeException(nameof(entity), entity, "not an entity"),
    };

    /// <summary>Reads a wire name (<c>orders</c>); exact, case-sensitive.</summary>
    public static bool TryParseWireName(string? name, out Entity entity) => TryFind(name, WireName, out entity);

    /// <summary>Reads a source table name (<c>wb_orders</c>); exact, case-sensitive.</summary>
    public static bool TryParseTableName(string? name, out Entity entity) => TryFind(name, TableName, out entity);

    /// <summary>Reads a chunk type (<c>order</c>); exact, case-sensitive.</summary>
    public static bool TryParseChunkType(string? name, out Entity entity) => TryFind(name, ChunkType, out entity);

    private static bool TryFind([NotNullWhen(true)] string? name, Func<Entity, string> nameOf, out Entity entity)
    {
        foreach (var candidate in All)
        {
            if (string.Equals(nameOf(candidate), name, StringComparison.Ordinal))
            {
                entity = candidate;
                return true;
            }
        }

        entity = default;
        return false;
    }
}
