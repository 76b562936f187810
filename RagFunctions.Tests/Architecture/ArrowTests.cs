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

    // Which folder is used by which types. The library reads the assembly for each question, so it is asked once for each folder.
    private static readonly Dictionary<string, ILookup<string, string>> UsersOf = Folders.Keys.ToDictionary(
        folder => folder,
        folder => Users(Folders[folder].Select(type => type.FullName!)).Where(user => user.Folder != folder).ToLookup(user => user.Folder, user => user.Type));

    [Fact]
    public void No_two_folders_use_each_other()
    {
        Assert.NotEmpty(UsersOf[$"{Core}.Store"][$"{Core}.Runs"]);
        Assert.Empty(
            from a in Folders.Keys
            from b in Folders.Keys
            where string.CompareOrdinal(a, b) < 0 && UsersOf[a].Contains(b) && UsersOf[b].Contains(a)
            select $"{a} and {b} use each other: {string.Join(", ", UsersOf[a][b].Concat(UsersOf[b][a]))}");
    }

    [Fact]
    public void No_stage_uses_a_later_one()
    {
        Assert.Equal(
            Stages.SelectMany(line => line).Order(StringComparer.Ordinal),
            Folders.Keys.Where(folder => folder != Core).Select(Stage).Distinct().Order(StringComparer.Ordinal));
        Assert.Empty(
            from used in Folders.Keys
            from users in UsersOf[used]
            where used != Core && users.Key != Core && Line(users.Key) < Line(used)
            from user in users
            select $"{user} uses {used}");
    }

    [Fact]
    public void Core_knows_nothing_of_Functions_and_Durable() =>
        Assert.Empty(Users(["Microsoft.Azure.Functions", "Microsoft.Azure.WebJobs", "Microsoft.DurableTask", "DurableTask"]));

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

    private static string Stage(string folder) => folder.Split('.')[2];

    private static int Line(string folder) => Array.FindIndex(Stages, line => line.Contains(Stage(folder)));

    /// <summary>The types that use one of the names: namespaces or types.</summary>
    private static IEnumerable<(string Folder, string Type)> Users(IEnumerable<string> names) =>
        from type in Types.InAssembly(typeof(RagCoreServices).Assembly)
            .That().DoNotHaveNameEndingWith("Services")
            .ShouldNot().HaveDependencyOnAny([.. names]).GetResult().FailingTypes
        let outermost = type.FullName.Split('+', '/')[0]
        where outermost.StartsWith(Core, StringComparison.Ordinal)
        orderby type.FullName
        select (outermost[..outermost.LastIndexOf('.')], type.FullName);
}
