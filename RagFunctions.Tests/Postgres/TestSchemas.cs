using System.Security.Cryptography;
using System.Text;

namespace RagFunctions.Tests.Postgres;

/// <summary>The one place that says what builds the schemas of the test databases.</summary>
public static class TestSchemas
{
    private static readonly TestSchema Main = FromResource("interim-schema-main.sql");
    private static readonly TestSchema Rag = FromResource("interim-schema-rag.sql");

    /// <summary>The schemas of a kind, in the order in which they are built.</summary>
    public static IReadOnlyList<TestSchema> Of(SchemaKind kind) => kind switch
    {
        SchemaKind.Empty => [],
        SchemaKind.Main => [Main],
        SchemaKind.Rag => [Rag],
        SchemaKind.Both => [Main, Rag],
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such kind of schema"),
    };

    private static TestSchema FromResource(string name)
    {
        using var stream = typeof(TestSchemas).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The test assembly has no embedded resource {name}.");
        using var reader = new StreamReader(stream);
        var sql = reader.ReadToEnd();
        var fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sql)));
        return new TestSchema(fingerprint, async source =>
        {
            await using var command = source.CreateCommand(sql);
            await command.ExecuteNonQueryAsync();
        });
    }
}
