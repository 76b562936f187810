namespace RagFunctions.Core.Runs;

/// <summary>
/// A new version of the texts asks a full run of every cabinet. Each cabinet has its minute within the spread, so that they do
/// not all come at once and fresh changes of the others are not stuck behind them.
/// </summary>
internal static class RendererSpread
{
    /// <summary>Whether <paramref name="now"/> lies in the cabinet's minute.</summary>
    public static bool IsDue(long cabinetId, DateTimeOffset now, RunsOptions options)
    {
        if (options.RendererSpreadMinutes == 0)
        {
            return true;
        }

        // Fibonacci hashing: neighbouring ids land far apart, and the same everywhere (unlike string.GetHashCode).
        var slot = (unchecked((ulong)cabinetId * 11400714819323198485UL) >> 32) % (ulong)options.RendererSpreadMinutes;
        var minute = now.ToUnixTimeSeconds() / 60 % options.RendererSpreadMinutes;
        return (ulong)minute == slot;
    }
}
