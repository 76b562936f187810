using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace RagFunctions.Tests.Infra;

public sealed partial class PipelineTests
{
    private static readonly Pipeline Root = new("azure-pipelines.yml");
    private static readonly Pipeline Environment = new("eng", "pipelines", "environment.yml");

    private static object? Deploy => JobNamed("Deploy");

    [Fact]
    public void Checked_then_packaged_then_dev_then_prod()
    {
        var stages = Assert.IsType<List<object>>(Root["stages"]);
        Assert.Equal(
            ["Check after nothing", "Package after Check", "dev after Package", "prod after dev"],
            stages.Select(stage => Pipeline.At(stage, "stage") is string name
                ? $"{name} after {Pipeline.At(stage, "dependsOn") ?? "nothing"}"
                : $"{Pipeline.At(stage, "parameters", "environment")} after {Pipeline.At(stage, "parameters", "dependsOn", 0)}"));
        Assert.All(stages.Skip(2), stage => Assert.Equal("eng/pipelines/environment.yml", Pipeline.At(stage, "template")));
    }

    [Fact]
    public void Only_a_good_build_of_main_is_deployed()
    {
        Assert.Equal("$[eq(variables['Build.SourceBranch'], 'refs/heads/main')]", Root["variables", "isMain"]);
        Assert.Equal("and(succeeded(), eq(variables.isMain, 'true'))", Environment["stages", 0, "condition"]);
        Assert.Equal("${{ parameters.dependsOn }}", Environment["stages", 0, "dependsOn"]);
    }

    [Fact]
    public void Tests_run_against_PostgreSQL_with_pgvector_and_none_may_be_skipped()
    {
        Assert.Equal("postgres", Root["stages", 0, "jobs", 0, "services", "postgres"]);
        Assert.Equal("pgvector/pgvector:pg17", Root["resources", "containers", 0, "image"]);
        var test = Assert.Single(Pipeline.StepsIn(Root["stages", 0, "jobs", 0]), step => Pipeline.Name(step) == "eng/test.sh");
        Assert.Equal("true", Pipeline.At(test, "env", "CI"));
        var port = ((string)Root["resources", "containers", 0, "ports", 0]!).Split(':')[0];
        Assert.Contains($"Port={port};", (string)Pipeline.At(test, "env", "RAG_TEST_POSTGRES")!, StringComparison.Ordinal);
    }

    [Fact]
    public void The_template_is_linted_with_both_environments()
    {
        var script = (string)Pipeline.StepsIn(Root["stages", 0, "jobs", 1]).Single(step => step.ContainsKey("script"))["script"];
        Assert.Contains("infra/bicep/main.bicep infra/bicep/*.bicepparam; do az bicep lint", script, StringComparison.Ordinal);
    }

    [Fact]
    public void The_package_is_the_app_and_the_command() => Assert.Equal(
        ["app", "rag"], Pipeline.StepsIn(Root["stages", 1]).Where(step => step.ContainsKey("publish")).Select(step => (string)step["artifact"]));

    [Fact]
    public void What_is_deployed_is_published_by_the_script_that_the_checks_run()
    {
        var document = File.ReadAllText(Repository.PathOf("docs", "deploy.md"));
        var checks = File.ReadAllText(Repository.PathOf("eng", "test.sh"));
        Assert.All([Root.Text, document, checks], text => Assert.Matches(@"eng/publish\.sh""? ", text));
        Assert.All([Root.Text, Environment.Text, document, checks], text => Assert.DoesNotContain("dotnet publish", text, StringComparison.Ordinal));
    }

    [Fact]
    public void The_command_is_called_by_the_name_of_its_file()
    {
        var name = XDocument.Load(Repository.PathOf("RagFunctions.Cli", "RagFunctions.Cli.csproj")).Descendants("AssemblyName").Single().Value;
        var texts = Root.Text + Environment.Text + File.ReadAllText(Repository.PathOf("docs", "deploy.md"));
        var called = PublishedCommand().Matches(texts).Select(match => match.Groups[1].Value).ToList();
        Assert.True(called.Count >= 3);
        Assert.All(called, file => Assert.Equal(name, file));
    }

    [Fact]
    public void Infrastructure_then_schemas_then_app_then_the_smoke_test() => Assert.Equal(
        ["Infrastructure", "Migrate and grant", "App", "Smoke test"],
        Pipeline.StepsIn(Deploy).Select(Pipeline.Name).Where(name => name is not ("checkout" or "download")));

    [Fact]
    public void The_plan_is_shown_before_anything_is_changed()
    {
        var script = ScriptOf(JobNamed("Plan"), "Resources (what-if) and migrations");
        Assert.Contains("eng/pipelines/plan.sh \"$(resourceGroup)\"", script, StringComparison.Ordinal);
        var planned = File.ReadAllText(Repository.PathOf("eng", "pipelines", "plan.sh"));
        Assert.Contains("az deployment group what-if", planned, StringComparison.Ordinal);
        Assert.All([script, planned], text => Assert.DoesNotContain("deployment group create", text, StringComparison.Ordinal));
    }

    [Fact]
    public void Only_a_migration_that_deletes_waits_for_somebody_to_agree()
    {
        var approve = JobNamed("Approve");
        Assert.Equal(("server", "Plan"), (Pipeline.At(approve, "pool"), Pipeline.At(approve, "dependsOn")));
        Assert.Equal("and(succeeded(), eq(dependencies.Plan.outputs['plan.destructive'], 'true'))", Pipeline.At(approve, "condition"));
        Assert.Equal("plan", Pipeline.StepsIn(JobNamed("Plan")).Single(step => step.ContainsKey("name"))["name"]);
        Assert.Equal("ManualValidation@1", Pipeline.At(approve, "steps", 0, "task"));
        Assert.Equal("reject", Pipeline.At(approve, "steps", 0, "inputs", "onTimeout"));
        Assert.Equal(["Plan", "Approve"], Assert.IsType<List<object>>(Pipeline.At(Deploy, "dependsOn")));
        Assert.Equal(
            "and(not(canceled()), eq(dependencies.Plan.result, 'Succeeded'), in(dependencies.Approve.result, 'Succeeded', 'Skipped'))",
            Pipeline.At(Deploy, "condition"));
    }

    [Fact]
    public void Schemas_are_migrated_and_the_identity_is_granted_in_both_databases()
    {
        var script = ScriptOf(Deploy, "Migrate and grant");
        Assert.Contains("rag migrate --yes", script, StringComparison.Ordinal);
        Assert.Matches(@"for set in main rag; do rag grant ""\$set"" --to ", script);
        Assert.True(script.IndexOf("rag migrate", StringComparison.Ordinal) < script.IndexOf("rag grant", StringComparison.Ordinal));
    }

    [Fact]
    public void The_smoke_test_asks_health_and_status()
    {
        Assert.Contains("eng/pipelines/smoke.sh \"https://$host\"", ScriptOf(Deploy, "Smoke test"), StringComparison.Ordinal);
        var script = File.ReadAllText(Repository.PathOf("eng", "pipelines", "smoke.sh"));
        Assert.Contains("\nexpect 200 /v1/rag/health", script, StringComparison.Ordinal);
        Assert.Contains("\nexpect 403 /v1/rag/status/1", script, StringComparison.Ordinal);
        Assert.Contains("\nexpect '200 404' /v1/rag/status/1 \"header = \\\"X-API-KEY: $RAG_API_KEY\\\"\"", script, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_script_of_the_pipeline_stops_at_its_first_error() => Assert.All(
        Pipeline.StepsIn(Root["stages"]).Concat(Pipeline.StepsIn(Environment["stages"]))
            .Select(step => (Pipeline.At(step, "inputs", "inlineScript") ?? step.GetValueOrDefault("script")) as string)
            .Where(script => script is not null && script.Contains('\n', StringComparison.Ordinal)),
        script => Assert.StartsWith("set -euo pipefail\n", script, StringComparison.Ordinal));

    [Fact]
    public void Files_that_steps_name_are_there() => Assert.All(
        RepositoryPath().Matches(Root.Text + Environment.Text).Select(match => match.Value).Where(path => !path.Contains("${{", StringComparison.Ordinal)).Distinct(),
        path => Assert.True(File.Exists(Repository.PathOf(path.Split('/'))), path));

    [Fact]
    public void A_secret_reaches_a_script_only_through_the_environment() => Assert.All(
        Pipeline.StepsIn(Environment["stages"]).Select(step => Pipeline.At(step, "inputs", "inlineScript") as string ?? ""),
        script => Assert.DoesNotMatch(@"\$\((apiKey|tokenKey)\)", script));

    private static object? JobNamed(string name) => ((List<object>)Environment["stages", 0, "jobs"]!)
        .Single(job => Pipeline.At(job, "job") as string == name || Pipeline.At(job, "deployment") as string == name);

    private static string ScriptOf(object? job, string step) =>
        (string)Pipeline.At(Assert.Single(Pipeline.StepsIn(job), found => Pipeline.Name(found) == step), "inputs", "inlineScript")!;

    [GeneratedRegex(@"(?:artifacts/publish|\(Pipeline\.Workspace\))/rag/([\w.]+)")]
    private static partial Regex PublishedCommand();

    [GeneratedRegex(@"(?<=[\s""])(eng|infra)/[\w./-]+\.(sh|yml|bicep)\b")]
    private static partial Regex RepositoryPath();
}
