using Npgsql;
using RagFunctions.Core.Chunks;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Source;

namespace RagFunctions.Core.Store;

/// <summary>
/// Queues the rows whose texts contain facts of another row when that one changes: orders, stocks, reviews and sales print their product's name
/// and category, and an order prints what became of it.
/// </summary>
public static class DependentQueuer
{
    // The second half ($3) is for a deleted product that was never indexed. Its article is unknown then, so every row is queued whose
    // article has no product.
    private static string Queue(params IEnumerable<Entity> dependents) => $"""
        INSERT INTO rag_changes (cabinet_id, source_table, source_id)
        SELECT $1, dependent.source_table, dependent.id
        FROM ({string.Join(" UNION ", dependents.Select(Rows))}) AS dependent
        ORDER BY dependent.source_table COLLATE "C", dependent.id
        ON CONFLICT (cabinet_id, source_table, source_id) DO UPDATE
        SET version = nextval('rag_changes_version_seq'), attempts = 0, last_error = NULL, next_attempt_at = NULL
        """;

    // An order's text tells what became of it, which is written in its sale.
    private const string QueueOrders = """
        INSERT INTO rag_changes (cabinet_id, source_table, source_id)
        SELECT DISTINCT $1, 'wb_orders', o.id::bigint
        FROM wb_sales AS s JOIN wb_orders AS o ON o.cabinet_id = $1 AND o.srid = s.sale_id
        WHERE s.cabinet_id = $1 AND s.id = ANY ($2)
        ORDER BY 3
        ON CONFLICT (cabinet_id, source_table, source_id) DO UPDATE
        SET version = nextval('rag_changes_version_seq'), attempts = 0, last_error = NULL, next_attempt_at = NULL
        """;

    private static string Rows(Entity entity) => $"""
        SELECT '{entity.TableName()}' AS source_table, id::bigint FROM {entity.TableName()} WHERE cabinet_id = $1 AND nm_id = ANY ($2)
        UNION SELECT '{entity.TableName()}', d.id::bigint FROM {entity.TableName()} AS d WHERE $3 AND d.cabinet_id = $1
          AND NOT EXISTS (SELECT FROM wb_products AS p WHERE p.cabinet_id = $1 AND p.nm_id = d.nm_id)
        """;

    private static readonly Entity[] Dependents = [.. EntityNames.All.Where(entity => entity != Entity.Products)];

    private static readonly string QueueAll = Queue(Dependents);

    private static readonly Dictionary<Entity, string> QueueOne = Dependents.ToDictionary(entity => entity, entity => Queue(entity));

    // Which rows of a table print the name cannot be asked: everything is looked at once it can be read.
    private const string RequestFull = """
        INSERT INTO rag_changes (cabinet_id, source_table, source_id) VALUES ($1, '*', 0)
        ON CONFLICT (cabinet_id, source_table, source_id) DO UPDATE
        SET version = nextval('rag_changes_version_seq'), attempts = 0, last_error = NULL, next_attempt_at = NULL
        """;

    /// <summary>Queues the orders of sales and returns, in one statement that commits by itself, repeated on a deadlock.</summary>
    /// <param name="main">An open connection to the main database, outside a transaction.</param>
    /// <param name="sales">Primary keys of <c>wb_sales</c>.</param>
    /// <returns>How many rows were queued.</returns>
    public static async Task<int> QueueOrdersAsync(NpgsqlConnection main, long cabinetId, long[] sales, CancellationToken cancellationToken) =>
        await DatabaseRetries.Concurrency.ExecuteAsync(
            async token =>
            {
                await using var command = new NpgsqlCommand(QueueOrders, main) { Parameters = { Parameter.Of(cabinetId), Parameter.Of(sales) } };
                return await command.ExecuteNonQueryAsync(token);
            },
            cancellationToken);

    /// <summary>
    /// Queues them in one statement that commits by itself, repeated on a deadlock. Where a table cannot be read the others' rows are
    /// queued all the same, and a full run is asked for.
    /// </summary>
    /// <param name="main">An open connection to the main database, outside a transaction.</param>
    /// <param name="articles">What to look for.</param>
    /// <returns>How many rows were queued.</returns>
    public static async Task<int> QueueAsync(
        NpgsqlConnection main, long cabinetId, RenamedArticles articles, CancellationToken cancellationToken)
    {
        try
        {
            return await QueueAsync(main, QueueAll, cabinetId, articles, cancellationToken);
        }
        catch (NpgsqlException error) when (StatementFailure.Is(error))
        {
            return await QueueReadableAsync(main, cabinetId, articles, cancellationToken);
        }
    }

    private static async Task<int> QueueReadableAsync(
        NpgsqlConnection main, long cabinetId, RenamedArticles articles, CancellationToken cancellationToken)
    {
        await using (var request = new NpgsqlCommand(RequestFull, main) { Parameters = { Parameter.Of<long>(cabinetId) } })
        {
            await request.ExecuteNonQueryAsync(cancellationToken);
        }

        var queued = 0;
        foreach (var entity in Dependents)
        {
            try
            {
                queued += await QueueAsync(main, QueueOne[entity], cabinetId, articles, cancellationToken);
            }
            catch (NpgsqlException error) when (StatementFailure.Is(error))
            {
                // The full run that was asked for tells it.
            }
        }

        return queued;
    }

    private static async Task<int> QueueAsync(
        NpgsqlConnection main, string statement, long cabinetId, RenamedArticles articles, CancellationToken cancellationToken) =>
        await DatabaseRetries.Concurrency.ExecuteAsync(
            async token =>
            {
                await using var command = new NpgsqlCommand(statement, main)
                {
                    Parameters =
                    {
                        Parameter.Of<long>(cabinetId),
                        Parameter.Of<long[]>([.. articles.NmIds]),
                        Parameter.Of<bool>(articles.SomeUnknown),
                    },
                };
                return await command.ExecuteNonQueryAsync(token);
            },
            cancellationToken);
}

/// <summary>The articles whose printed name may differ from what the index was made with.</summary>
/// <param name="NmIds">Article numbers.</param>
/// <param name="SomeUnknown">A product is gone of which not even the article is known.</param>
public sealed record RenamedArticles(IReadOnlySet<long> NmIds, bool SomeUnknown)
{
    /// <summary>There is somebody to queue.</summary>
    public bool Any => NmIds.Count > 0 || SomeUnknown;

    /// <summary>Compares product rows with what the index remembers of them.</summary>
    /// <param name="rendered">Products that have a chunk.</param>
    /// <param name="indexed">What the index holds of the page.</param>
    /// <param name="ineligible">Products that are there but inactive (run over the queue).</param>
    /// <param name="named">
    /// Ids the queue named (run over the queue); null in a full run, where every dependent is rendered anyway, so that a product
    /// which is merely new to the index concerns nobody.
    /// </param>
    /// <param name="failed">Ids that could not be read or rendered: nothing is known of them.</param>
    internal static RenamedArticles Find(
        IReadOnlyList<RenderedRow> rendered,
        IReadOnlyList<IndexedChunk> indexed,
        IReadOnlyList<IneligibleRow> ineligible,
        long[]? named,
        IReadOnlySet<long> failed)
    {
        Dictionary<long, IndexedChunk> stored = [];
        foreach (var chunk in indexed)
        {
            stored.TryAdd(chunk.SourceId, chunk);
        }

        HashSet<long> articles = [];
        HashSet<long> seen = [.. failed];
        foreach (var product in rendered)
        {
            seen.Add(product.SourceId);
            var known = stored.TryGetValue(product.SourceId, out var before);
            if (known ? before.SourceName != product.SourceName || before.NmId != product.NmId : named is not null)
            {
                Add(articles, product.NmId);
                Add(articles, before.NmId);
            }
        }

        foreach (var product in ineligible)
        {
            seen.Add(product.Id);
            Add(articles, product.NmId);
            Add(articles, stored.GetValueOrDefault(product.Id).NmId);
        }

        foreach (var (id, product) in stored)
        {
            if (!seen.Contains(id))
            {
                Add(articles, product.NmId);
            }
        }

        var someUnknown = named is not null && Array.Exists(named, id => !seen.Contains(id) && !stored.ContainsKey(id));
        return new RenamedArticles(articles, someUnknown);
    }

    private static void Add(HashSet<long> articles, long? nmId)
    {
        if (nmId is { } article)
        {
            articles.Add(article);
        }
    }
}
