using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RagFunctions.Core;
using RagFunctions.Core.Runs;

namespace RagFunctions.Cli;

/// <summary>Gives every command the same frame: configuration, services, and errors as exit codes.</summary>
internal sealed class CommandRunner(CliEnvironment environment)
{
    /// <summary>The settings file, an option of every command.</summary>
    public Option<FileInfo> Settings { get; } = new Option<FileInfo>("--settings")
    {
        Description = $"Settings file in the form of {CliConfiguration.DefaultFile}; by default the one in the working directory.",
        Recursive = true,
    }.AcceptExistingOnly();

    /// <summary>Makes <paramref name="body"/> what the command does. It returns an <see cref="ExitCode"/>.</summary>
    public void Run(Command command, Func<CommandScope, Task<int>> body) =>
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, body, cancellationToken));

    private async Task<int> RunAsync(ParseResult parsed, Func<CommandScope, Task<int>> body, CancellationToken cancellationToken)
    {
        IConfigurationRoot? configuration = null;
        try
        {
            configuration = CliConfiguration.Load(parsed.GetValue(Settings), environment);
            await using var services = new ServiceCollection()
                .AddSingleton<IConfiguration>(configuration)
                .AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning))
                .AddRagCore(configuration)
                .AddSingleton<IRunStarter, CliRunStarter>()
                .BuildServiceProvider();
            return await body(new CommandScope(parsed, environment, services, cancellationToken));
        }
#pragma warning disable CA1031 // The boundary of the process: whatever went wrong becomes one line and an exit code.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            ErrorReport.Write(environment.Errors, exception, configuration);
            return ExitCode.Failed;
        }
    }
}
