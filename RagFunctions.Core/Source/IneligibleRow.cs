namespace RagFunctions.Core.Source;

/// <summary>A row that exists in the source but may have no chunk: inactive, quantity 0, or older than 90 days.</summary>
/// <param name="Id">Primary key.</param>
/// <param name="NmId">Article number.</param>
public sealed record IneligibleRow(long Id, long? NmId);
