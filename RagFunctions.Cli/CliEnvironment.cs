using System.Collections;
using Spectre.Console;

namespace RagFunctions.Cli;

/// <summary>What surrounds a command: tests bring their own.</summary>
/// <param name="Output">Where results go.</param>
/// <param name="Errors">Where errors go.</param>
/// <param name="WorkingDirectory">Where <c>local.settings.json</c> is looked for.</param>
/// <param name="Variables">The environment variables.</param>
/// <param name="CanAsk">Somebody is there to answer a question.</param>
/// <param name="Input">What is piped in; null = nothing.</param>
internal sealed record CliEnvironment(
    IAnsiConsole Output, IAnsiConsole Errors, string WorkingDirectory, IReadOnlyDictionary<string, string?> Variables, bool CanAsk,
    TextReader? Input = null)
{
    // Wide enough that a line of a log file stays one line.
    private const int WidthOfFiles = 200;

    public static CliEnvironment OfThisProcess() => new(
        ConsoleFor(Console.Out, Console.IsOutputRedirected),
        ConsoleFor(Console.Error, Console.IsErrorRedirected),
        Directory.GetCurrentDirectory(),
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value),
        CanAsk: !Console.IsInputRedirected && !Console.IsOutputRedirected,
        Console.IsInputRedirected ? Console.In : null);

    private static IAnsiConsole ConsoleFor(TextWriter writer, bool isRedirected)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        if (isRedirected)
        {
            console.Profile.Width = WidthOfFiles;
        }

        return console;
    }
}
