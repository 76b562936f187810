using System.Diagnostics;
using System.Text.Json.Nodes;

namespace RagFunctions.Tests.Infra;

/// <summary>Runs the Bicep compiler that the package feed delivers; nothing is fetched while it runs.</summary>
internal static class BicepCompiler
{
    private static readonly Lazy<Task<JsonObject>> Main = new(async () =>
    {
        var (code, output, errors) = await RunAsync("build", Repository.PathOf("infra", "bicep", "main.bicep"), "--stdout");
        return code == 0 ? JsonNode.Parse(output)!.AsObject() : throw new InvalidOperationException(errors);
    });

    /// <summary>The template that main.bicep and its modules compile to; compiled once.</summary>
    public static async Task<CompiledTemplate> TemplateAsync() => new(await Main.Value);

    /// <summary>Runs one command; warnings and errors come on the error stream.</summary>
    public static async Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Repository.BicepCompiler, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["RAG_DB_ADMIN_OBJECT_ID"] = "00000000-0000-0000-0000-000000000001", ["RAG_DB_ADMIN_NAME"] = "database-admins" },
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await errors);
    }
}
