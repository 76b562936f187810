using RagFunctions.Core.Migrations;

namespace RagFunctions.Tests.Postgres;

/// <summary>The one place that says what builds the schemas of the test databases: the migrations themselves.</summary>
public static class TestSchemas
{
    private static readonly TestSchema Main = MigratedBy(MigrationSet.Main);
    private static readonly TestSchema Rag = MigratedBy(MigrationSet.Rag);

    /// <summary>The schemas of a kind, in the order in which they are built.</summary>
    public static IReadOnlyList<TestSchema> Of(SchemaKind kind) => kind switch
    {
        SchemaKind.Empty => [],
        SchemaKind.Main => [Main],
        SchemaKind.Rag => [Rag],
        SchemaKind.Both => [Main, Rag],
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such kind of schema"),
    };

    // The build is deterministic: the assembly's id changes exactly when its content does.
    private static TestSchema MigratedBy(MigrationSet set) => new(
        $"{set}{typeof(SchemaMigrator).Assembly.ManifestModule.ModuleVersionId}",
        source => SchemaMigrator.MigrateAsync(set, source, progress: null, CancellationToken.None));
}
