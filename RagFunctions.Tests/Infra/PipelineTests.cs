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

    [Theory]
    [InlineData("refs/heads/main", true, true)]
    [InlineData("refs/heads/main", false, false)]
    [InlineData("refs/pull/7/merge", true, false)]
    [InlineData("refs/heads/mainly", true, false)]
    public void Only_a_good_build_of_main_is_deployed(string branch, bool succeeded, bool deployed)
    {
        var build = new PipelineState { Succeeded = succeeded, ["variables.Build.SourceBranch"] = branch };
        build["variables.isMain"] = build.Value(((string)Root["variables", "isMain"]!)[2..^1]);
        Assert.Equal(deployed, build.Holds((string)Environment["stages", 0, "condition"]!));
        Assert.Equal("${{ parameters.dependsOn }}", Environment["stages", 0, "dependsOn"]);
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("false", false)]
    public void Only_a_migration_that_deletes_waits_for_somebody_to_agree(string destructive, bool asked)
    {
        var approve = JobNamed("Approve");
        var plan = new PipelineState { ["dependencies.Plan.outputs.plan.destructive"] = destructive };
        Assert.Equal(asked, plan.Holds((string)Pipeline.At(approve, "condition")!));
        Assert.Equal(("ManualValidation@1", "reject"), (Pipeline.At(approve, "steps", 0, "task"), Pipeline.At(approve, "steps", 0, "inputs", "onTimeout")));
        Assert.Contains(Pipeline.StepsIn(JobNamed("Plan")), step => step.GetValueOrDefault("name") as string == "plan");
    }

    [Theory]
    [InlineData("Succeeded", "Skipped", false, true)]
    [InlineData("Succeeded", "Succeeded", false, true)]
    [InlineData("Succeeded", "Failed", false, false)]
    [InlineData("Failed", "Skipped", false, false)]
    [InlineData("Succeeded", "Succeeded", true, false)]
    public void What_was_rejected_or_not_planned_is_not_deployed(string plan, string approve, bool canceled, bool deployed)
    {
        var jobs = new PipelineState { Canceled = canceled, ["dependencies.Plan.result"] = plan, ["dependencies.Approve.result"] = approve };
        Assert.Equal(deployed, jobs.Holds((string)Pipeline.At(Deploy, "condition")!));
        Assert.Equal(["Plan", "Approve"], Assert.IsType<List<object>>(Pipeline.At(Deploy, "dependsOn")));
    }

    [Fact]
    public void Tests_run_against_PostgreSQL_with_pgvector_and_none_may_be_skipped()
    {
        Assert.Equal("postgres", Root["stages", 0, "jobs", 0, "services", "postgres"]);
        Assert.Equal("pgvector/pgvector:0.8.0-pg17", Root["resources", "containers", 0, "image"]);
        var test = Assert.Single(Pipeline.StepsIn(Root["stages", 0, "jobs", 0]), step => Pipeline.Name(step) == "eng/test.sh");
        Assert.Equal("true", Pipeline.At(test, "env", "CI"));
        var port = ((string)Root["resources", "containers", 0, "ports", 0]!).Split(':')[0];
        Assert.Contains($"Port={port};", (string)Pipeline.At(test, "env", "RAG_TEST_POSTGRES")!, StringComparison.Ordinal);
    }

    [Fact]
    public void The_package_is_the_app_and_the_command() => Assert.Equal(
        ["app", "rag"], Pipeline.StepsIn(Root["stages", 1]).Where(step => step.ContainsKey("publish")).Select(step => (string)step["artifact"]));

    [Fact]
    public void The_command_is_called_by_the_name_of_its_file()
    {
        var name = XDocument.Load(Repository.PathOf("RagFunctions.Cli", "RagFunctions.Cli.csproj")).Descendants("AssemblyName").Single().Value;
        var texts = Root.Text + Environment.Text + File.ReadAllText(Repository.PathOf("docs", "deploy.md"));
        var called = PublishedCommand().Matches(texts).Select(match => match.Groups[1].Value).ToList();
        Assert.NotEmpty(called);
        Assert.All(called, file => Assert.Equal(name, file));
    }

    [Fact]
    public void Infrastructure_then_schemas_then_app_then_the_smoke_test() => Assert.Equal(
        ["Infrastructure", "Migrate and grant", "App", "Smoke test"],
        Pipeline.StepsIn(Deploy).Select(Pipeline.Name).Where(name => name is not ("checkout" or "download")));

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

    [GeneratedRegex(@"(?:artifacts/publish|\(Pipeline\.Workspace\))/rag/([\w.]+)")]
    private static partial Regex PublishedCommand();

    [GeneratedRegex(@"(?<=[\s""])(eng|infra)/[\w./-]+\.(sh|yml|bicep)\b")]
    private static partial Regex RepositoryPath();
}
