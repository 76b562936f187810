using System.CommandLine;
using System.Text.Json;
using RagFunctions.Core.Status;

namespace RagFunctions.Cli;

/// <summary><c>--json</c> of the commands that read: one JSON value as the API would write it, for other programs.</summary>
internal static class JsonOutput
{
    public static Option<bool> Option() => new("--json") { Description = "As JSON, for other programs." };

    /// <summary>One value on a line of its own, however wide the console is.</summary>
    public static void Write(CommandScope scope, object value) =>
        scope.Output.Profile.Out.Writer.WriteLine(JsonSerializer.Serialize(value, WireJson.Options));
}
