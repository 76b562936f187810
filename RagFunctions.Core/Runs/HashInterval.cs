namespace RagFunctions.Core.Runs;

/// <summary>A half-open interval of <c>chunk_hash</c>; the borders are prefixes of a lower-case hex SHA-256, compared byte by byte.</summary>
/// <param name="From">Inclusive; null = from the beginning.</param>
/// <param name="To">Exclusive; null = to the end.</param>
public sealed record HashInterval(string? From, string? To);
