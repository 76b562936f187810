using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;

namespace RagFunctions.LocalHost;

/// <summary>Log messages of the local host: event ids 7000-7999.</summary>
internal static partial class HostLog
{
    [LoggerMessage(7000, LogLevel.Information, "Local development host on {Address}; it is not for production")]
    public static partial void Listening(ILogger logger, string address);

    [LoggerMessage(7010, LogLevel.Information, "{Count} orchestrations go on")]
    public static partial void Resumed(ILogger logger, int count);

    [LoggerMessage(7011, LogLevel.Information, "Orchestration {InstanceId} is left (still this one: {IsMine}): {Status}")]
    public static partial void InstanceLeft(ILogger logger, string instanceId, bool isMine, OrchestrationRuntimeStatus status);

    [LoggerMessage(7012, LogLevel.Error, "Orchestration {InstanceId} cannot be driven on; the next start tries again")]
    public static partial void SessionFailed(ILogger logger, string instanceId, Exception exception);

    [LoggerMessage(7013, LogLevel.Warning, "Orchestration {InstanceId}: the database does not take the decision; trying again")]
    public static partial void StoreUnavailable(ILogger logger, string instanceId, Exception exception);

    [LoggerMessage(7020, LogLevel.Warning, "Activity {Activity} failed")]
    public static partial void ActivityFailed(ILogger logger, string activity, Exception exception);

    [LoggerMessage(7030, LogLevel.Error, "Timer {Function} failed; the next tick runs it again")]
    public static partial void TimerFailed(ILogger logger, string function, Exception exception);

    [LoggerMessage(7040, LogLevel.Error, "HTTP function {Function} failed")]
    public static partial void HttpFunctionFailed(ILogger logger, string function, Exception exception);
}
