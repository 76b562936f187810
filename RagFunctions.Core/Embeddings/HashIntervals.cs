namespace RagFunctions.Core.Embeddings;

/// <summary>Cuts sorted hashes into contiguous intervals, each about one request. Pure.</summary>
public static class HashIntervals
{
    /// <summary>No more intervals than this: a plan travels through the history of an orchestration, which takes 32 KB.</summary>
    public const int Max = 400;

    /// <summary>How much of a hash is looked at: 16 hex digits tell apart more texts than a cabinet will ever have.</summary>
    public const int PrefixLength = 16;

    // Below this many texts a request costs more in latency than it gains from running beside others.
    private const int SmallestRequest = 64;

    /// <summary>
    /// Intervals that together cover every hash there can be. Each holds at most <paramref name="maxInputs"/> of the given hashes and
    /// <paramref name="maxTokens"/> tokens (or one single hash), unless that would take more than <see cref="Max"/> of them; then all
    /// grow alike, and the batch embedder splits them into several requests.
    /// </summary>
    /// <param name="pending">The first <see cref="PrefixLength"/> digits of each distinct hash, ascending byte by byte, and its tokens.</param>
    /// <param name="maxInputs">Hashes per request.</param>
    /// <param name="maxTokens">Tokens per request.</param>
    /// <param name="parallel">Requests that may run at once: fewer full requests than this are spread, down to 64 texts each.</param>
    public static IReadOnlyList<HashInterval> Cut(
        IReadOnlyList<(string Prefix, int Tokens)> pending, int maxInputs, int maxTokens, int parallel)
    {
        if (pending.Count == 0)
        {
            return [];
        }

        var total = pending.Sum(item => (long)item.Tokens);

        // A cut needs either a full count or a full budget, so at most the sum of both numbers of cuts: half the allowance for each.
        var inputs = Math.Max(Spread(pending.Count, maxInputs, parallel), CeilingOf(pending.Count, (Max / 2) - 1));
        var tokens = Math.Max(maxTokens, 2 * CeilingOf(total, (Max / 2) - 1));
        List<HashInterval> intervals = [];
        string? from = null;
        var (count, sum) = (0L, 0L);
        for (var i = 0; i < pending.Count; i++)
        {
            var (prefix, size) = pending[i];
            var full = count >= inputs || (count > 0 && sum + size > tokens);
            if (full && Border(pending[i - 1].Prefix, prefix) is { } border)
            {
                intervals.Add(new HashInterval(from, border));
                (from, count, sum) = (border, 0, 0);
            }

            count++;
            sum += size;
        }

        intervals.Add(new HashInterval(from, null));
        return intervals;
    }

    private static long Spread(int count, int maxInputs, int parallel) =>
        Math.Min(maxInputs, Math.Max(SmallestRequest, CeilingOf(count, parallel)));

    private static long CeilingOf(long count, long parts) => (count + parts - 1) / parts;

    // The shortest prefix of the later hash that is above the earlier one; none when the digits at hand do not differ.
    private static string? Border(string before, string after)
    {
        var length = before.AsSpan().CommonPrefixLength(after);
        return length < after.Length ? after[..(length + 1)] : null;
    }
}

/// <summary>A half-open interval of <c>chunk_hash</c>; the borders are prefixes of a lower-case hex SHA-256, compared byte by byte.</summary>
/// <param name="From">Inclusive; null = from the beginning.</param>
/// <param name="To">Exclusive; null = to the end.</param>
/// <param name="IsNext">It is about the generation that is being built, not about the active one.</param>
public sealed record HashInterval(string? From, string? To, bool IsNext = false);
