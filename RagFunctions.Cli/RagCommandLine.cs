using System.CommandLine;
using RagFunctions.Cli.Commands;
using Spectre.Console;

namespace RagFunctions.Cli;

/// <summary>The grammar of <c>rag</c>.</summary>
internal static class RagCommandLine
{
    /// <summary>Parses and runs. The exit code is 0 when done, 1 when it failed, 2 on wrong usage.</summary>
    public static Task<int> RunAsync(string[] arguments, CliEnvironment environment, CancellationToken cancellationToken = default) =>
        RunAsync(Build(environment), arguments, environment, cancellationToken);

    /// <summary>The same for another command line that shares this frame.</summary>
    public static async Task<int> RunAsync(
        RootCommand root, string[] arguments, CliEnvironment environment, CancellationToken cancellationToken)
    {
        var parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                environment.Errors.MarkupLineInterpolated($"[red]usage:[/] {error.Message}");
            }

            environment.Errors.MarkupLine("[grey]--help after a command says more[/]");
            return ExitCode.WrongUsage;
        }

        var configuration = new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            Output = environment.Output.Profile.Out.Writer,
            Error = environment.Errors.Profile.Out.Writer,
        };
        return await parsed.InvokeAsync(configuration, cancellationToken);
    }

    private static RootCommand Build(CliEnvironment environment)
    {
        var runner = new CommandRunner(environment);
        return new RootCommand("Keeps the search index of Wildberries cabinets right.")
        {
            runner.Settings,
            MigrateCommand.Create(runner),
            RollbackCommand.Create(runner),
            MigrationsCommand.Create(runner),
            AnnCommand.Create(runner),
            BackfillHashesCommand.Create(runner),
            GrantCommand.Create(runner),
            IndexCommand.Create(runner),
            RebuildCommand.Create(runner),
            VerifyCommand.Create(runner),
            StatusCommand.Create(runner),
            RunsCommand.Create(runner),
            SearchCommand.Create(runner),
            EvalCommand.Create(runner),
            McpCommand.Create(runner),
            CabinetCommand.Create(runner),
            ModelCommand.Create(runner),
            SyncCommand.Create(runner),
        };
    }
}
