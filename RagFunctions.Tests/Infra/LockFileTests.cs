using System.Text.Json.Nodes;

namespace RagFunctions.Tests.Infra;

/// <summary>What is restored is known beforehand, package by package, wherever it comes from.</summary>
public sealed class LockFileTests
{
    private static readonly string[] Projects = ["RagFunctions", "RagFunctions.Core", "RagFunctions.Cli", "RagFunctions.Dev", "RagFunctions.Tests", "eng/mutation"];

    public static TheoryData<string> All => [.. Projects];

    [Fact]
    public void Every_project_is_locked() => Assert.Equal(
        Projects.Order(StringComparer.Ordinal),
        Directory.GetFiles(Repository.PathOf("."), "*.csproj", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Repository.PathOf("."), Path.GetDirectoryName(file)!).Replace('\\', '/'))
            .Where(folder => !folder.Contains("/obj", StringComparison.Ordinal) && !folder.StartsWith("artifacts", StringComparison.Ordinal) && !folder.StartsWith('.'))
            .Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(All))]
    public async Task A_lock_file_names_hashes_and_no_host(string project)
    {
        var text = await File.ReadAllTextAsync(Repository.PathOf(project, "packages.lock.json"), TestContext.Current.CancellationToken);
        Assert.DoesNotContain("://", text, StringComparison.Ordinal);
        var packages = JsonNode.Parse(text)!["dependencies"]!.AsObject().SelectMany(target => target.Value!.AsObject())
            .Where(package => (string?)package.Value!["type"] != "Project").ToList();
        Assert.NotEmpty(packages);
        Assert.All(packages, package => Assert.False(string.IsNullOrEmpty((string?)package.Value!["contentHash"]), package.Key));
    }

    [Theory]
    [InlineData("RagFunctions")]
    [InlineData("RagFunctions.Cli")]
    [InlineData("RagFunctions.Core")]
    public async Task What_is_published_is_locked_for_its_machine(string project)
    {
        var text = await File.ReadAllTextAsync(Repository.PathOf(project, "packages.lock.json"), TestContext.Current.CancellationToken);
        Assert.Contains("\"net10.0/linux-x64\"", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("eng/test.sh", "dotnet restore RagFunctions.sln --locked-mode")]
    [InlineData("eng/publish.sh", "RestoreLockedMode=true")]
    [InlineData("Directory.Build.props", "<RestoreLockedMode Condition=\"'$(CI)' == 'true'\">true</RestoreLockedMode>")]
    public async Task Restoring_takes_nothing_else(string file, string line) =>
        Assert.Contains(line, await File.ReadAllTextAsync(Repository.PathOf(file), TestContext.Current.CancellationToken), StringComparison.Ordinal);
}
