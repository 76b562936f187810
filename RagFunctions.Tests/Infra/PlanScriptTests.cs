using System.Diagnostics;

namespace RagFunctions.Tests.Infra;

/// <summary>eng/pipelines/plan.sh with stand-ins for the Azure command line and for <c>rag</c>.</summary>
public sealed class PlanScriptTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rag-plan-");

    [Theory]
    [InlineData("rag", 0, "false")]
    [InlineData("rag", 3, "true")]
    [InlineData("", 1, "false")]
    public async Task The_plan_tells_whether_a_pending_migration_deletes(string deployment, int ragCode, string destructive)
    {
        var (code, output) = await RunAsync(deployment, ragCode);
        Assert.Equal(0, code);
        Assert.Contains($"##vso[task.setvariable variable=destructive;isOutput=true]{destructive}\n", output, StringComparison.Ordinal);
        Assert.Contains("az deployment group what-if --resource-group g --parameters p\n", output, StringComparison.Ordinal);
        Assert.Equal(deployment.Length > 0, output.Contains("rag migrations --check on Host=ragHost.example;Database=rag;", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_database_that_does_not_answer_ends_the_plan()
    {
        var (code, output) = await RunAsync("rag", ragCode: 1);
        Assert.Equal(1, code);
        Assert.DoesNotContain("task.setvariable", output, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private async Task<(int Code, string Output)> RunAsync(string deployment, int ragCode)
    {
        await WriteAsync("az", $"""
            case "$*" in
              *" list "*) echo "{deployment}" ;;
              *outputs.*) sed 's/.*outputs\.\([A-Za-z]*\)\..*/\1.example/' <<<"$*" ;;
              *) echo "az $*" ;;
            esac
            """);
        var rag = await WriteAsync("rag", $"""
            echo "rag $* on $ConnectionStrings__Rag"
            exit {ragCode}
            """);
        using var process = Process.Start(new ProcessStartInfo(
            Repository.PathOf("eng", "pipelines", "plan.sh"), ["g", "p", rag])
        {
            RedirectStandardOutput = true,
            Environment = { ["PATH"] = $"{_folder.FullName}:{Environment.GetEnvironmentVariable("PATH")}", ["RAG_DB_ADMIN_NAME"] = "admins" },
        })!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output);
    }

    private async Task<string> WriteAsync(string name, string script)
    {
        var path = Path.Combine(_folder.FullName, name);
        await File.WriteAllTextAsync(path, $"#!/usr/bin/env bash\n{script}\n", TestContext.Current.CancellationToken);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return path;
    }
}
