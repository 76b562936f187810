namespace RagFunctions.Core.Source;

/// <summary>
/// One eligible row of a source table with everything its text prints, and nothing else: personal data is never read.
/// Numbers are bigint and decimal whatever the column's type; a NaN or infinite number, and an instant that .NET cannot hold, is null.
/// </summary>
/// <param name="Id">Primary key of the row, <c>rag_metadata.source_id</c>.</param>
/// <param name="NmId">Article number of the marketplace; null only where a review names none.</param>
public abstract record SourceRow(long Id, long? NmId)
{
    /// <summary>The table the row stands in.</summary>
    public abstract Entity Entity { get; }

    /// <summary>The instant the 90 days count from: order, review and sale date in UTC; null for products and stocks.</summary>
    public virtual DateTimeOffset? BusinessDate => null;
}
