using Microsoft.Extensions.Logging;

namespace RagFunctions.Dev.LocalHost;

/// <summary>Log messages of the local host: event ids 7000-7999.</summary>
internal static partial class HostLog
{
    [LoggerMessage(7000, LogLevel.Information, "Local development host on {Address}, orchestrations {Store}; it is not for production")]
    public static partial void Listening(ILogger logger, string address, string store);

    /// <summary>A line of the worker, at the worker's level.</summary>
    [LoggerMessage(EventId = 7001, Message = "{Text}")]
    public static partial void FromWorker(ILogger logger, LogLevel level, string text);

    [LoggerMessage(7030, LogLevel.Error, "Timer {Function} failed; the next tick runs it again: {Reason}")]
    public static partial void TimerFailed(ILogger logger, string function, string reason);
}
