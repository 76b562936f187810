using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace RagFunctions.Api;

/// <summary>
/// Answers to wrong keys: each is counted and told, and whoever sends many waits longer for each answer. A caller without any key only forgot
/// it, and a right key never waits. Kept in memory, for each instance by itself: a key cannot be guessed in any case, this makes trying it visible.
/// </summary>
/// <param name="clock">Real time: nobody steps it.</param>
/// <param name="logger">Told once a minute at most.</param>
public sealed partial class KeyRefusals(TimeProvider clock, ILogger<KeyRefusals> logger)
{
    /// <summary>Wrong keys of a caller that are answered at once: a key that was just replaced is soon noticed.</summary>
    public const int AtOnce = 5;

    /// <summary>The longest wait for an answer; it begins at 100 ms and doubles.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    /// <summary>After so long without a wrong key a caller begins anew.</summary>
    public static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(10);

    // Waiting holds a request open, and an address is easily had: neither may grow without bounds.
    private const int MostWaiting = 100;
    private const int MostCallers = 10_000;

    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan BetweenLines = TimeSpan.FromMinutes(1);

    // The meter of all that this system measures has this name: what is exported is chosen by it.
    private static readonly Meter Meter = new("RagFunctions");

    private static readonly Counter<long> RefusedKeys = Meter.CreateCounter<long>("rag.api.refused_keys", "{call}", "Calls of the API with a wrong key");

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (int Count, long Last)> _callers = [];
    private int _waiting;
    private int _untold;
    private long? _told;

    /// <summary>Counts a wrong key and returns when it may be answered.</summary>
    /// <param name="http">The call.</param>
    public async Task HoldAsync(HttpContext http)
    {
        var caller = CallerOf(http);
        var wait = Count(caller);
        RefusedKeys.Add(1);
        if (wait == TimeSpan.Zero)
        {
            return;
        }

        try
        {
            if (Interlocked.Increment(ref _waiting) <= MostWaiting)
            {
                await Task.Delay(wait, clock, http.RequestAborted);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    // The platform's front end adds the address it was called from as the last one; what stands before it anybody may have written.
    private static string CallerOf(HttpContext http) =>
        http.Request.Headers["X-Forwarded-For"].ToString().Split(',')[^1].Trim() is { Length: > 0 and <= 64 } forwarded
            ? forwarded
            : http.Connection.RemoteIpAddress?.ToString() ?? "unknown";

    private TimeSpan Count(string caller)
    {
        lock (_lock)
        {
            var now = clock.GetTimestamp();
            var before = _callers.TryGetValue(caller, out var known) && clock.GetElapsedTime(known.Last, now) < Forgotten ? known.Count : 0;
            if (_callers.Count >= MostCallers && before == 0)
            {
                _callers.Clear();
            }

            _callers[caller] = (before + 1, now);
            _untold++;
            if (_told is null || clock.GetElapsedTime(_told.Value, now) >= BetweenLines)
            {
                Refused(_untold, caller);
                (_told, _untold) = (now, 0);
            }

            var doublings = before - AtOnce;
            return doublings < 0 ? TimeSpan.Zero : TimeSpan.FromTicks(Math.Min(LongestWait.Ticks, FirstWait.Ticks << Math.Min(doublings, 10)));
        }
    }

    [LoggerMessage(6013, LogLevel.Warning, "{Count} calls with a wrong key, the last one from {Caller}")]
    private partial void Refused(int count, string caller);
}
