using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using RagFunctions.Core;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Migrations;
using RagFunctions.Core.Runs;
using Spectre.Console;

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

/// <summary>What a running command works with.</summary>
/// <param name="Parsed">Its arguments and options.</param>
/// <param name="Environment">What surrounds it.</param>
/// <param name="Services">The services of Core, configured.</param>
/// <param name="CancellationToken">Ctrl+C.</param>
internal sealed record CommandScope(
    ParseResult Parsed, CliEnvironment Environment, IServiceProvider Services, CancellationToken CancellationToken)
{
    public IAnsiConsole Output => Environment.Output;

    public MainDatabase Main => Services.GetRequiredService<MainDatabase>();

    public RagDatabase Rag => Services.GetRequiredService<RagDatabase>();

    /// <summary>The database that a set of migrations is for.</summary>
    public NpgsqlDataSource DatabaseOf(MigrationSet set) => set == MigrationSet.Main ? Main.Source : Rag.Source;
}

/// <summary>On the command line the command itself drives the run it has asked for: there is nothing else to start.</summary>
internal sealed class CliRunStarter : IRunStarter
{
    /// <inheritdoc />
    public Task<StartedRun> StartAsync(long cabinetId, CancellationToken cancellationToken) =>
        Task.FromResult(new StartedRun(string.Create(CultureInfo.InvariantCulture, $"index-{cabinetId}"), AlreadyRunning: false));
}

/// <summary>A command cannot go on; the message is for the one who typed it.</summary>
internal sealed class CliException(string message) : Exception(message);

/// <summary>What <c>rag</c> answers to its caller.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    public const int Failed = 1;

    public const int WrongUsage = 2;

    /// <summary>Asked whether a pending migration deletes something: it does.</summary>
    public const int Destructive = 3;
}
