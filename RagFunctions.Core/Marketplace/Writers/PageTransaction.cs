using Npgsql;

namespace RagFunctions.Core.Marketplace.Writers;

/// <summary>The transaction of one page.</summary>
internal sealed record PageTransaction(NpgsqlConnection Connection, NpgsqlTransaction Transaction, long CabinetId)
{
    // Smaller pages are found by their keys, whatever the cabinet's size.
    private const int ManyRows = 1_000;

    // The planner cannot know how many rows of a cabinet a page meets or adds. In a table that is empty or was when last analysed it compares
    // row by row, while the page's own rows fill that table: 80,000 first orders then take minutes instead of a second.
    private const string JoinByHash = "SET LOCAL enable_nestloop = off";

    /// <summary>A batch within it: one round trip.</summary>
    public NpgsqlBatch Batch() => new(Connection, Transaction);

    /// <summary>Before a statement that compares a page with its table: says how to, where the page is large. Holds to the end of the page.</summary>
    public static void Prepare(NpgsqlBatch batch, int rows)
    {
        if (rows >= ManyRows)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(JoinByHash));
        }
    }
}
