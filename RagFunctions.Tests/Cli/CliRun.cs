using System.Globalization;
using RagFunctions.Cli;
using Spectre.Console;

namespace RagFunctions.Tests.Cli;

/// <summary>A run of <c>rag</c> inside the test process: its answer and what it wrote.</summary>
internal sealed record CliRun(int Code, string Output, string Errors)
{
    /// <summary>Runs with the given environment variables and nothing else around it.</summary>
    public static Task<CliRun> OfAsync(IReadOnlyDictionary<string, string?> variables, params string[] arguments) =>
        WithInputAsync("", variables, arguments);

    /// <summary>Runs with something piped in.</summary>
    public static async Task<CliRun> WithInputAsync(string input, IReadOnlyDictionary<string, string?> variables, params string[] arguments)
    {
        await using var output = new StringWriter(CultureInfo.InvariantCulture);
        await using var errors = new StringWriter(CultureInfo.InvariantCulture);
        using var piped = new StringReader(input);
        var environment = new CliEnvironment(ConsoleFor(output), ConsoleFor(errors), Path.GetTempPath(), variables, CanAsk: false, piped);
        var code = await RagCommandLine.RunAsync(arguments, environment, TestContext.Current.CancellationToken);
        return new CliRun(code, output.ToString(), errors.ToString());
    }

    /// <summary>Runs with both databases in one.</summary>
    public static Task<CliRun> OnAsync(string connectionString, params string[] arguments) => OfAsync(
        new Dictionary<string, string?> { ["ConnectionStrings__Main"] = connectionString, ["ConnectionStrings__Rag"] = connectionString }, arguments);

    private static IAnsiConsole ConsoleFor(TextWriter writer)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
        });
        console.Profile.Width = 200;
        return console;
    }
}
