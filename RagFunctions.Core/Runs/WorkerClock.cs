using System.Globalization;
using Microsoft.Extensions.Options;

namespace RagFunctions.Core.Runs;

/// <summary>
/// What is eligible and what has expired is decided by the worker's clock: one that is wrong deletes what is right. A clock that is stepped
/// on purpose, as in the demo and in tests, is not the machine's and is not compared.
/// </summary>
public sealed class WorkerClock(TimeProvider time, IOptions<RunsOptions> options)
{
    /// <summary>The clock is the machine's, which ought to be right.</summary>
    internal bool IsMachines { get; init; } = ReferenceEquals(time, TimeProvider.System);

    /// <summary>Compares with a database's clock, read just now.</summary>
    /// <returns>What is wrong, for the operator; null: nothing.</returns>
    public string? Complaint(DateTimeOffset databaseNow)
    {
        var difference = time.GetUtcNow() - databaseNow;
        return IsMachines && difference.Duration() > TimeSpan.FromSeconds(options.Value.ClockToleranceSeconds)
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"the clock of {Environment.MachineName} is {difference.Duration():d\\.hh\\:mm\\:ss} {(difference > TimeSpan.Zero ? "ahead of" : "behind")} the main database's: nothing is started there")
            : null;
    }
}
