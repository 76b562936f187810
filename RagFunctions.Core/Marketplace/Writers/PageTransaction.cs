using Npgsql;

namespace RagFunctions.Core.Marketplace.Writers;

/// <summary>The transaction of one page.</summary>
internal sealed record PageTransaction(NpgsqlConnection Connection, NpgsqlTransaction Transaction, long CabinetId)
{
    /// <summary>A batch within it: one round trip.</summary>
    public NpgsqlBatch Batch() => new(Connection, Transaction);
}
