using RagFunctions.Core.Marketplace.Tokens;

namespace RagFunctions.Core.Marketplace.Sync;

/// <summary>How often an entity is worth reading: the marketplace refreshes its reports every 30 minutes, basic tokens may ask less often.</summary>
public static class DueRules
{
    /// <summary>A timer that fires a little early must not lose its turn.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(1);

    /// <summary>Between two tries of a token that was rejected, or of a method that is forbidden: rights are given back by people.</summary>
    public static readonly TimeSpan AfterRefusal = TimeSpan.FromHours(6);

    private static readonly TimeSpan Normal = TimeSpan.FromMinutes(30);

    /// <summary>From the start of a sync to the next.</summary>
    public static TimeSpan Interval(SyncEntity entity, TokenKind kind) => kind != TokenKind.Basic ? Normal : entity switch
    {
        SyncEntity.Orders => TimeSpan.FromHours(3),
        SyncEntity.Sales => TimeSpan.FromHours(2),
        SyncEntity.Cards => Normal,
        // 4 or 5 calls an hour, of which one sync needs two or three.
        _ => TimeSpan.FromHours(1),
    };

    /// <summary>After so many failures in a row: 15 minutes, doubling to 6 hours.</summary>
    public static TimeSpan AfterFailure(int failures)
    {
        var minutes = 15 * Math.Pow(2, Math.Clamp(failures - 1, 0, 10));
        return TimeSpan.FromMinutes(Math.Min(minutes, AfterRefusal.TotalMinutes));
    }
}
