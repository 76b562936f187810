using System.Text.RegularExpressions;
using NetArchTest.Rules;
using RagFunctions.Cli;
using RagFunctions.Core;
using RagFunctions.Dev.Fakes.Marketplace;

namespace RagFunctions.Tests.Architecture;

/// <summary>
/// The folders of Core are the stages of the data's way, and arrows between them go one way. Classes that register services name
/// everything that they register, so they are left out.
/// </summary>
public sealed class ArrowTests
{
    private const string Core = "RagFunctions.Core";

    // Each stage may use those of the lines before its own and of its own line.
    private static readonly string[][] Stages =
    [
        ["Databases"],
        ["Leases", "Migrations"],
        ["Source", "Changes", "Chunks"],
        ["Store", "Embeddings"],
        ["Runs"],
        ["Status", "Search", "Telemetry", "Marketplace"],
        ["Mcp"],
    ];

    // Whatever the compiler makes of lambdas and asynchronous methods is nested in the types that people write.
    private static readonly Dictionary<string, Type[]> Folders = typeof(RagCoreServices).Assembly.GetTypes()
        .Where(type => type is { IsNested: false, Namespace: not null } && type.Namespace.StartsWith(Core, StringComparison.Ordinal))
        .Where(type => !type.Name.EndsWith("Services", StringComparison.Ordinal))
        .GroupBy(type => type.Namespace!)
        .ToDictionary(folder => folder.Key, folder => folder.ToArray());

    [Fact]
    public void No_two_folders_use_each_other()
    {
        var uses = Folders.Keys.ToDictionary(
            from => from,
            from => Folders.Keys.Where(to => to != from && Users(from, Names(to)).Length > 0).ToHashSet());
        Assert.NotEmpty(uses[$"{Core}.Runs"]);
        Assert.Empty(
            from a in Folders.Keys
            from b in uses[a]
            where string.CompareOrdinal(a, b) < 0 && uses[b].Contains(a)
            select $"{a} and {b} use each other: {string.Join(", ", Users(a, Names(b)).Concat(Users(b, Names(a))))}");
    }

    [Fact]
    public void No_stage_uses_a_later_one()
    {
        Assert.Equal(
            Stages.SelectMany(line => line).Order(StringComparer.Ordinal),
            Folders.Keys.Where(folder => folder != Core).Select(folder => folder.Split('.')[2]).Distinct().Order(StringComparer.Ordinal));
        for (var line = 0; line < Stages.Length; line++)
        {
            var later = Stages.Skip(line + 1).SelectMany(stages => stages).Select(stage => $"{Core}.{stage}").ToArray();
            foreach (var folder in Folders.Keys.Where(folder => later.Length > 0 && Stages[line].Contains(folder.Split('.').ElementAtOrDefault(2))))
            {
                Assert.Empty(Users(folder, later));
            }
        }
    }

    [Fact]
    public void Core_knows_nothing_of_Functions_and_Durable() =>
        Assert.Empty(Folders.Keys.SelectMany(folder =>
            Users(folder, ["Microsoft.Azure.Functions", "Microsoft.Azure.WebJobs", "Microsoft.DurableTask", "DurableTask"])));

    [Fact]
    public void The_fakes_share_no_code_with_what_talks_to_them() =>
        Assert.Empty(Types.InAssembly(typeof(MarketplaceServer).Assembly)
            .That().ResideInNamespaceMatching(@"^RagFunctions\.Dev\.Fakes")
            .ShouldNot().HaveDependencyOnAny(Core).GetResult().FailingTypes.Select(type => type.FullName));

    [Fact]
    public void The_operators_command_carries_nothing_that_only_developers_run() =>
        Assert.Equal(
            ["RagFunctions.Core"],
            typeof(RagCommandLine).Assembly.GetReferencedAssemblies().Select(assembly => assembly.Name!)
                .Where(name => name.StartsWith("RagFunctions", StringComparison.Ordinal) || name.StartsWith("rag", StringComparison.Ordinal)));

    private static string[] Names(string folder) => [.. Folders[folder].Select(type => type.FullName!)];

    /// <summary>The types of a folder that use one of the names: namespaces or types.</summary>
    private static string[] Users(string folder, string[] names)
    {
        var result = Types.InAssembly(typeof(RagCoreServices).Assembly)
            .That().ResideInNamespaceMatching($"^{Regex.Escape(folder)}$").And().DoNotHaveNameEndingWith("Services")
            .ShouldNot().HaveDependencyOnAny(names).GetResult();
        return [.. result.FailingTypes.Select(type => type.FullName).Order(StringComparer.Ordinal)];
    }
}
