using System.Text.RegularExpressions;

namespace RagFunctions.Tests.Infra;

/// <summary>What docs/deploy.md names is there under that name.</summary>
public sealed partial class DeployDocumentTests
{
    private static readonly string Document = File.ReadAllText(Repository.PathOf("docs", "deploy.md"));

    // Of the Functions host, of Durable Functions and of Azure.
    private static readonly string[] Foreign = ["versionMatchStrategy", "versionFailureStrategy", "defaultVersion"];

    [Fact]
    public async Task A_camel_case_name_exists_in_template_or_pipeline()
    {
        var template = (await BicepCompiler.TemplateAsync()).Json;
        var known = template["parameters"]!.AsObject().Select(one => one.Key)
            .Concat(template["outputs"]!.AsObject().Select(one => one.Key))
            .Concat(InPipeline().Matches(Pipelines()).Select(match => match.Groups[1].Value))
            .Concat(Foreign)
            .ToHashSet();
        var named = CamelCase().Matches(Document).Select(match => match.Groups[1].Value).Distinct().ToList();
        Assert.True(named.Count >= 10);
        Assert.Empty(named.Except(known));
        Assert.All(Foreign, name => Assert.Contains($"\"{name}\"", File.ReadAllText(Repository.PathOf("host.json")), StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_output_that_a_command_asks_for_is_one_of_the_template()
    {
        var outputs = (await BicepCompiler.TemplateAsync()).Json["outputs"]!.AsObject().Select(one => one.Key).ToHashSet();
        var asked = Output().Matches(Document).Select(match => match.Groups[1].Value + match.Groups[2].Value).Distinct().ToList();
        Assert.True(asked.Count >= 4);
        Assert.Empty(asked.Except(outputs));
    }

    [Fact]
    public async Task A_setting_is_one_that_the_app_has()
    {
        var given = (await AppSettings.ReadAsync()).Keys.ToHashSet();
        Assert.All(UnderscoredSetting().Matches(Document).Select(match => match.Groups[1].Value), name => Assert.Contains(name, given));
        var settings = Setting().Matches(Document).Select(match => match.Groups[1].Value).Distinct().ToList();
        Assert.True(settings.Count >= 4);
        Assert.All(settings, name => Assert.True(AppSettingsTests.IsOption(name.Replace(":", "__", StringComparison.Ordinal)), $"no options class has {name}"));
    }

    [Fact]
    public void A_shell_variable_is_read_by_a_script_or_parameter_file()
    {
        var readers = string.Concat(Directory.EnumerateFiles(Repository.PathOf("infra", "bicep"), "*.bicepparam")
            .Concat(Directory.EnumerateFiles(Repository.PathOf("eng", "pipelines"))).Select(File.ReadAllText));
        Assert.All(Variable().Matches(Document).Select(match => match.Value).Distinct(), name => Assert.Contains(name, readers, StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_is_there() => Assert.All(
        RepositoryPath().Matches(Document).Select(match => match.Value).Distinct(),
        path => Assert.True(File.Exists(Repository.PathOf(path.Split('/'))), path));

    [Fact]
    public async Task Every_rule_is_explained()
    {
        var rules = (await BicepCompiler.TemplateAsync()).Module("alerts")["variables"]!["rules"]!.AsObject().Select(rule => rule.Key);
        Assert.All(rules, rule => Assert.Contains($"\n| {rule} | ", Document, StringComparison.Ordinal));
    }

    private static string Pipelines() =>
        File.ReadAllText(Repository.PathOf("azure-pipelines.yml")) + File.ReadAllText(Repository.PathOf("eng", "pipelines", "environment.yml"));

    [GeneratedRegex("`([a-z]+[A-Z][A-Za-z]*)`")]
    private static partial Regex CamelCase();

    [GeneratedRegex(@"(?:- name: |\$\()(\w+)")]
    private static partial Regex InPipeline();

    [GeneratedRegex(@"\$\(value (\w+)\)|properties\.outputs\.(\w+)\.value")]
    private static partial Regex Output();

    [GeneratedRegex("`([A-Z][A-Za-z]+(?:__[A-Za-z0-9]+)+|TaskHubName)`")]
    private static partial Regex UnderscoredSetting();

    [GeneratedRegex("`([A-Z][A-Za-z]+:[A-Z][A-Za-z]+)`")]
    private static partial Regex Setting();

    [GeneratedRegex("RAG_[A-Z_]+")]
    private static partial Regex Variable();

    [GeneratedRegex(@"(?:eng|infra)/[\w./-]+\.(?:sh|yml|bicep|bicepparam)\b|host\.\w+\.json")]
    private static partial Regex RepositoryPath();
}
