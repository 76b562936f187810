using System.Globalization;
using RagFunctions.Core.Runs;

namespace RagFunctions.Cli;

/// <summary>On the command line the command itself drives the run it has asked for: there is nothing else to start.</summary>
internal sealed class CliRunStarter : IRunStarter
{
    /// <inheritdoc />
    public Task<StartedRun> StartAsync(long cabinetId, CancellationToken cancellationToken) =>
        Task.FromResult(new StartedRun(string.Create(CultureInfo.InvariantCulture, $"index-{cabinetId}"), AlreadyRunning: false));
}
