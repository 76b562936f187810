using System.Text.RegularExpressions;

namespace RagFunctions.Tests.Infra;

/// <summary>What the commands of docs/deploy.md name is there: a reader who copies them is not stopped by a name that has changed.</summary>
public sealed partial class DeployDocumentTests
{
    private static readonly string Document = File.ReadAllText(Repository.PathOf("docs", "deploy.md"));

    [Fact]
    public async Task An_output_that_a_command_asks_for_is_one_of_the_template()
    {
        var outputs = (await BicepCompiler.TemplateAsync()).Json["outputs"]!.AsObject().Select(one => one.Key).ToHashSet();
        var asked = Output().Matches(Document).Select(match => match.Groups[1].Value + match.Groups[2].Value).Distinct().ToList();
        Assert.NotEmpty(asked);
        Assert.Empty(asked.Except(outputs));
    }

    [Fact]
    public async Task A_setting_is_one_that_the_app_has()
    {
        var given = (await AppSettings.ReadAsync()).Keys.ToHashSet();
        Assert.All(UnderscoredSetting().Matches(Document).Select(match => match.Groups[1].Value), name => Assert.Contains(name, given));
        var settings = Setting().Matches(Document).Select(match => match.Groups[1].Value).Distinct().ToList();
        Assert.NotEmpty(settings);
        Assert.All(settings, name => Assert.True(AppSettingsTests.IsOption(name.Replace(":", "__", StringComparison.Ordinal)), $"no options class has {name}"));
    }

    [Fact]
    public void A_file_is_there() => Assert.All(
        RepositoryPath().Matches(Document).Select(match => match.Value).Distinct(),
        path => Assert.True(File.Exists(Repository.PathOf(path.Split('/'))), path));

    [GeneratedRegex(@"\$\(value (\w+)\)|properties\.outputs\.(\w+)\.value")]
    private static partial Regex Output();

    [GeneratedRegex("`([A-Z][A-Za-z]+(?:__[A-Za-z0-9]+)+|TaskHubName)`")]
    private static partial Regex UnderscoredSetting();

    [GeneratedRegex("`([A-Z][A-Za-z]+:[A-Z][A-Za-z]+)`")]
    private static partial Regex Setting();

    [GeneratedRegex(@"(?:eng|infra)/[\w./-]+\.(?:sh|yml|bicep|bicepparam)\b|host\.\w+\.json")]
    private static partial Regex RepositoryPath();
}
