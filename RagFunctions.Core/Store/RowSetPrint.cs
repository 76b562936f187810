namespace RagFunctions.Core.Store;

/// <summary>
/// A set of row ids in three numbers that any database adds up alike, so that two databases compare their sets without sending them.
/// </summary>
/// <param name="Rows">How many.</param>
/// <param name="Sum">The ids added up.</param>
/// <param name="Spread">
/// The ids added up after each was spread over the numbers below 2^31 − 1 and squared there. The sums of 1 and 4 and of 2 and 3 are equal;
/// with this, different sets pass for equal about once in two thousand million times.
/// </param>
public readonly record struct RowSetPrint(long Rows, decimal Sum, decimal Spread)
{
    /// <summary>The three numbers of the column <c>id</c>; NULL is no id. 48,271 is a primitive root of that prime.</summary>
    internal const string Columns = $"""
        count(id), COALESCE(sum(id), 0), COALESCE(sum({Spreading} * {Spreading} % 2147483647), 0)
        """;

    private const string Spreading = "(id % 2147483647 * 48271 % 2147483647)";
}
