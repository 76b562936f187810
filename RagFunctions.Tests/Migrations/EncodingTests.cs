using Npgsql;
using RagFunctions.Core.Migrations;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Migrations;

public sealed class EncodingTests
{
    [Fact]
    [Trait("Fault", "11")]
    [Trait("Guarantee", "any-value")]
    public async Task An_index_database_of_another_encoding_is_refused_with_its_name()
    {
        await using var neighbour = await TestDatabase.CreateAsync(SchemaKind.Empty);
        var name = neighbour.Name + "_cyrillic";
        await neighbour.Source.ExecuteAsync($"CREATE DATABASE {name} ENCODING 'WIN1251' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(neighbour.ConnectionString) { Database = name, Pooling = false };
            await using var source = NpgsqlDataSource.Create(settings);
            var refused = await Assert.ThrowsAsync<MigrationException>(
                () => SchemaMigrator.MigrateAsync(MigrationSet.Rag, source, null, TestContext.Current.CancellationToken));
            Assert.Contains("WIN1251", refused.Message, StringComparison.Ordinal);
            Assert.Empty(await source.ReadNamesAsync("SELECT relname FROM pg_class WHERE relname LIKE 'rag_%'"));
        }
        finally
        {
            await neighbour.Source.ExecuteAsync($"DROP DATABASE {name} WITH (FORCE)");
        }
    }
}
