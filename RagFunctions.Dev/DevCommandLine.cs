using System.CommandLine;
using RagFunctions.Cli;
using RagFunctions.Dev.Commands;
using RagFunctions.Dev.Questions;

namespace RagFunctions.Dev;

/// <summary>The grammar of <c>rag-dev</c>: what developers run, and operators never. Frame and settings are those of <c>rag</c>.</summary>
internal static class DevCommandLine
{
    /// <summary>Parses and runs. The exit code is 0 when done, 1 when it failed, 2 on wrong usage.</summary>
    public static Task<int> RunAsync(string[] arguments, CliEnvironment environment, CancellationToken cancellationToken = default)
    {
        var runner = new CommandRunner(environment);
        var root = new RootCommand("Serves, shows and measures the app on this machine. For development.")
        {
            runner.Settings,
            ServeCommand.Create(runner),
            DemoCommand.Create(runner),
            FakesCommand.Create(runner),
            QuestionsCommand.Create(runner),
            BenchCommand.Create(runner),
            BenchCommand.CreateWorker(runner),
        };
        return RagCommandLine.RunAsync(root, arguments, environment, cancellationToken);
    }
}
