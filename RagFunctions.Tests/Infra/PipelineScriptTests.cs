using System.Diagnostics;
using System.Text.RegularExpressions;

namespace RagFunctions.Tests.Infra;

/// <summary>The scripts of the pipeline, run with stand-ins for the Azure command line, for <c>rag</c>, for curl and for waiting.</summary>
public sealed class PipelineScriptTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("rag-scripts-");

    private string Rag => Path.Combine(_folder.FullName, "rag", "rag");

    public async ValueTask InitializeAsync()
    {
        await StandInAsync("az", """
            case "$*" in
              *"deployment group list "*) echo "$DEPLOYMENT" ;;
              *"functionapp list "*) echo "${APP:-}" ;;
              *"appsettings list "*) echo '[{"name":"Runs__EmbedWindow","value":"2"}]' ;;
              *"secret show "*) cat "$VAULT" ;;
              *"secret set "*) sed 's/.* --file \([^ ]*\) .*/\1/' <<<"$*" | xargs cat >"$VAULT.new" && mv "$VAULT.new" "$VAULT" ;;
              *outputs.*) sed 's/.*outputs\.\([A-Za-z]*\)\..*/\1.example/' <<<"$*" ;;
              *) echo "az $*" ;;
            esac
            """);
        await StandInAsync("rag/rag", """
            echo "rag $* on $ConnectionStrings__Rag"
            if [ -n "${Marketplace__TokenKey:-}" ]; then echo "with $Marketplace__TokenKey"; fi
            exit "$RAG_CODE"
            """);
        await StandInAsync("sleep", "");
        // The status for the path, or with a key in the options that come on standard input the third.
        await StandInAsync("curl", """
            read -r health closed opened <<<"$ANSWERS"
            case "$*" in
              */v1/rag/health) printf %s "$health" ;;
              */v1/rag/status/1) if grep -q 'X-API-KEY: operator'; then printf %s "$opened"; else printf %s "$closed"; fi ;;
              *) printf 404 ;;
            esac
            """);
    }

    [Theory]
    [InlineData("rag", 0, "false")]
    [InlineData("rag", 3, "true")]
    [InlineData("", 1, "false")]
    public async Task The_plan_tells_whether_a_pending_migration_deletes(string deployment, int ragCode, string destructive)
    {
        var (code, output) = await PlanAsync(deployment, ragCode);
        Assert.Equal(0, code);
        Assert.Contains($"##vso[task.setvariable variable=destructive;isOutput=true]{destructive}\n", output, StringComparison.Ordinal);
        Assert.Equal(deployment.Length > 0, output.Contains("rag migrations --check on Host=ragHost.example;Database=rag;", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_plan_shows_the_resources_and_changes_nothing()
    {
        var (_, output) = await PlanAsync("rag", ragCode: 0);
        Assert.Contains("az deployment group what-if --resource-group g --parameters p\n", output, StringComparison.Ordinal);
        Assert.DoesNotContain("deployment group create", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rag", "", "{}")]
    [InlineData("rag", "func-rag", """{"settings":[{"name":"Runs__EmbedWindow","value":"2"}]}""")]
    [InlineData("", "func-rag", """{"settings":[{"name":"Runs__EmbedWindow","value":"2"}]}""")]
    public async Task The_settings_that_are_there_are_told_to_the_deployment(string deployment, string app, string settings)
    {
        var (code, output) = await RunAsync([Repository.PathOf("eng", "pipelines", "kept-settings.sh"), "g"], ("DEPLOYMENT", deployment), ("APP", app));
        Assert.Equal((0, settings), (code, output.Trim()));
    }

    [Theory]
    [InlineData("OLD", "1:OLD")]
    [InlineData("20261101000000:NEWER,1:OLD", "20261101000000:NEWER,1:OLD")]
    public async Task A_rotation_puts_a_new_key_first_and_encrypts_with_it(string stored, string former)
    {
        var vault = Path.Combine(_folder.FullName, "vault");
        await File.WriteAllTextAsync(vault, stored, TestContext.Current.CancellationToken);
        var (code, output) = await RunAsync(
            [Repository.PathOf("eng", "pipelines", "rotate-token-key.sh"), "g", Rag], ("VAULT", vault), ("RAG_CODE", "0"));
        Assert.Equal(0, code);
        var keys = await File.ReadAllTextAsync(vault, TestContext.Current.CancellationToken);
        Assert.Matches($"^[0-9]{{14}}:[A-Za-z0-9+/]{{43}}=,{former}$", keys);
        Assert.Matches($@"(?s)az functionapp restart --resource-group g --name appName\.example\nrag cabinet encrypt on .*\nwith {Regex.Escape(keys)}\n", output);
    }

    [Fact]
    public async Task A_database_that_does_not_answer_ends_the_plan()
    {
        var (code, output) = await PlanAsync("rag", ragCode: 1);
        Assert.Equal(1, code);
        Assert.DoesNotContain("task.setvariable", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Schemas_are_migrated_before_the_identity_is_granted_in_both()
    {
        var (code, output) = await RunStepAsync("Migrate and grant", ragCode: 0);
        Assert.Equal(0, code);
        Assert.Equal(
            ["migrate --yes", "grant main --to identityName.example --object-id identityPrincipalId.example", "grant rag --to identityName.example --object-id identityPrincipalId.example"],
            output.Split('\n').Where(line => line.StartsWith("rag ", StringComparison.Ordinal)).Select(line => line[4..].Split(" on ")[0]));
    }

    [Fact]
    public async Task A_failed_migration_grants_nothing_and_ends_the_deployment()
    {
        var (code, output) = await RunStepAsync("Migrate and grant", ragCode: 1);
        Assert.Equal(1, code);
        Assert.DoesNotContain("rag grant", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("200 403 200", true)]
    [InlineData("200 403 404", true)]
    [InlineData("503 403 200", false)]
    [InlineData("200 200 200", false)]
    [InlineData("200 403 403", false)]
    public async Task The_smoke_test_asks_for_health_and_for_the_key(string answers, bool passes)
    {
        var (code, _) = await RunAsync(
            [Repository.PathOf("eng", "pipelines", "smoke.sh"), "https://app.example"], ("ANSWERS", answers), ("RAG_API_KEY", "operator"));
        Assert.Equal(passes ? 0 : 1, code);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    private Task<(int Code, string Output)> PlanAsync(string deployment, int ragCode) =>
        RunAsync([Repository.PathOf("eng", "pipelines", "plan.sh"), "g", "p", Rag], ("DEPLOYMENT", deployment), ("RAG_CODE", $"{ragCode}"));

    // The pipeline puts its values in place of $(name) before the shell sees them.
    private Task<(int Code, string Output)> RunStepAsync(string name, int ragCode)
    {
        var step = Assert.Single(Pipeline.StepsIn(new Pipeline("eng", "pipelines", "environment.yml")["stages"]), found => Pipeline.Name(found) == name);
        var script = ((string)Pipeline.At(step, "inputs", "inlineScript")!)
            .Replace("$(resourceGroup)", "g", StringComparison.Ordinal)
            .Replace("$(Pipeline.Workspace)", _folder.FullName, StringComparison.Ordinal);
        return RunAsync(["-c", script], ("RAG_CODE", $"{ragCode}"));
    }

    private async Task<(int Code, string Output)> RunAsync(IEnumerable<string> arguments, params (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo("bash", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Repository.PathOf(),
            Environment = { ["PATH"] = $"{_folder.FullName}:{Environment.GetEnvironmentVariable("PATH")}", ["RAG_DB_ADMIN_NAME"] = "admins" },
        };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        TestContext.Current.TestOutputHelper?.WriteLine(await errors);
        return (process.ExitCode, output);
    }

    private async Task StandInAsync(string name, string script)
    {
        var path = Path.Combine(_folder.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, $"#!/usr/bin/env bash\n{script}\n", TestContext.Current.CancellationToken);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
