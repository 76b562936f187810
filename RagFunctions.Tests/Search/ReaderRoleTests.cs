using Npgsql;
using RagFunctions.Core.Embeddings;
using RagFunctions.Tests.Cli;
using RagFunctions.Tests.Embeddings;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Search;

/// <summary>A role that signs in and may search cabinet 1 tries everything that it can write down.</summary>
public sealed class ReaderRoleTests : IAsyncLifetime
{
    private const string Secret = "чужая тайна";
    private const string SearchMine = "SELECT chunk_text FROM rag_search(1, NULL, NULL, question => 'своё', mode => 'text')";
    private const string SearchOther = "SELECT chunk_text FROM rag_search(2, NULL, NULL, question => 'тайна', mode => 'text')";

    private readonly string _role = $"reader_{Guid.NewGuid():N}";
    private TestDatabase _database = null!;
    private NpgsqlDataSource _reader = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        foreach (var (cabinet, text) in ((long, string)[])[(1, "своё"), (2, Secret)])
        {
            await using var scene = await EmbeddingScene.SetAsync(_database, cabinet);
            await new IndexEmbedder(scene.Rag, EmbeddingScene.EmbeddersOf(scene.Options)).CheckAsync(Stop);
            await scene.AddChunksAsync(text);
            await scene.EmbedAllAsync();
        }

        await _database.Source.ExecuteAsync($"CREATE ROLE {_role} LOGIN PASSWORD 'reader'; ANALYZE");
        var settings = new NpgsqlConnectionStringBuilder(_database.ConnectionString) { Username = _role, Password = "reader" };
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        builder.UseVector();
        _reader = builder.Build();
    }

    public async ValueTask DisposeAsync()
    {
        await _reader.DisposeAsync();
        await _database.Source.ExecuteAsync($"DROP OWNED BY {_role}; DROP ROLE {_role}");
        await _database.DisposeAsync();
    }

    [Fact]
    [Trait("Guarantee", "tenants")]
    public async Task Granted_cabinets_are_searched_and_no_other_one()
    {
        // Before the functions themselves ask who it is.
        Assert.Contains("permission denied for function rag_search", (await AssertRefusedAsync(SearchMine)).MessageText, StringComparison.Ordinal);
        Assert.Contains("permission denied for function rag_model_of", (await AssertRefusedAsync("SELECT rag_model_of(1)")).MessageText, StringComparison.Ordinal);
        await GrantAsync("1");
        Assert.Equal(["своё"], await _reader.ReadNamesAsync(SearchMine));
        Assert.Equal(["своё"], await _reader.ReadNamesAsync("SELECT chunk_text FROM rag_search(1, array_fill(1, ARRAY[1536])::vector, 'text-embedding-3-small')"));
        var refused = await AssertRefusedAsync(SearchOther);
        var unknown = await AssertRefusedAsync(SearchOther.Replace("(2,", "(404,", StringComparison.Ordinal));
        Assert.Equal(refused.MessageText.Replace("2", "404", StringComparison.Ordinal), unknown.MessageText);
        await GrantAsync("2");
        await AssertRefusedAsync(SearchMine);
        await GrantAsync("none");
        await AssertRefusedAsync(SearchOther);
    }

    [Fact]
    [Trait("Guarantee", "tenants")]
    public async Task No_statement_over_a_table_or_function_gives_anything_else()
    {
        await GrantAsync("1");
        foreach (var table in await _database.Source.ReadNamesAsync(
            "SELECT c.oid::regclass::text FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p', 'S')"))
        {
            foreach (var statement in (string[])
                ["SELECT * FROM {0}", "EXPLAIN ANALYZE SELECT * FROM {0}", "COPY {0} TO STDOUT", "DELETE FROM {0}", "TRUNCATE {0}", "LOCK {0}",
                 "CREATE TABLE pg_temp.mine AS TABLE {0}", "SELECT 1 FROM rag_search(1, NULL, NULL, question => (SELECT max(t::text) FROM {0} t))",
                 "CREATE VIEW pg_temp.mine AS SELECT * FROM {0}; SELECT * FROM pg_temp.mine", "CREATE TRIGGER t AFTER INSERT ON {0} EXECUTE FUNCTION rag_keep_words()",
                 "INSERT INTO {0} DEFAULT VALUES", "ALTER TABLE {0} OWNER TO CURRENT_USER", "GRANT SELECT ON {0} TO CURRENT_USER", "DROP TABLE {0}"])
            {
                await AssertFailsAsync(string.Format(null, statement, table));
            }
        }

        // What works with the rows of the caller alone is nobody's secret: lexemes of a text, the key of a model.
        var callable = await _database.Source.ReadNamesAsync($"""
            SELECT p.proname FROM pg_proc p
            WHERE p.pronamespace = 'public'::regnamespace AND has_function_privilege('{_role}', p.oid, 'EXECUTE')
              AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
            ORDER BY 1
            """);
        Assert.Equal(["rag_lexemes", "rag_model_key", "rag_model_of", "rag_search"], callable);
        await AssertFailsAsync("SELECT rag_model_of(2)");
        Assert.Empty(await _reader.ReadNamesAsync("SELECT attname FROM pg_stats WHERE schemaname = 'public'"));
    }

    [Theory]
    [Trait("Guarantee", "tenants")]
    [InlineData("SET ROLE rag")]
    [InlineData("SELECT set_config('role', 'rag', false)")]
    [InlineData("SET SESSION AUTHORIZATION rag")]
    [InlineData("CREATE FUNCTION public.rag_may_search(integer) RETURNS boolean LANGUAGE sql AS 'SELECT true'")]
    [InlineData("CREATE OPERATOR public.<> (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq)")]
    [InlineData("DO $$ BEGIN PERFORM chunk_text FROM rag_metadata; END $$")]
    [InlineData("CREATE TEMP TABLE t (id bigint, cabinet_id bigint, chunk_type text, nm_id bigint, chunk_text text, business_date date, expires_at date); CREATE TRIGGER t AFTER INSERT ON pg_temp.t FOR EACH ROW EXECUTE FUNCTION rag_keep_words()")]
    public async Task Nobody_becomes_somebody_else_or_plants_code(string statement)
    {
        await GrantAsync("1");
        await AssertFailsAsync(statement);
    }

    [Theory]
    [Trait("Guarantee", "tenants")]
    [InlineData("CREATE TEMP TABLE rag_readers AS SELECT current_user::regrole AS reader, 2::bigint AS cabinet_id")]
    [InlineData("CREATE TEMP TABLE rag_metadata (id bigint); CREATE TEMP TABLE rag_embeddings (id bigint)")]
    [InlineData("CREATE FUNCTION pg_temp.rag_may_search(bigint) RETURNS boolean LANGUAGE sql AS 'SELECT true'")]
    [InlineData("CREATE TEMP TABLE pg_class AS SELECT false AS relrowsecurity")]
    [InlineData("SET search_path = pg_temp, public")]
    public async Task What_the_caller_makes_for_itself_does_not_mislead_the_search(string statement)
    {
        await GrantAsync("1");
        await using var connection = await _reader.OpenConnectionAsync(Stop);
        await using (var prepare = new NpgsqlCommand($"{statement}; SET search_path = pg_temp, public", connection))
        {
            await prepare.ExecuteNonQueryAsync(Stop);
        }

        await using var search = new NpgsqlCommand(SearchOther, connection);
        var error = await Assert.ThrowsAsync<PostgresException>(() => search.ExecuteNonQueryAsync(Stop));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, error.SqlState);
    }

    [Fact]
    [Trait("Guarantee", "tenants")]
    public async Task A_role_made_again_under_the_same_name_may_search_nothing()
    {
        await GrantAsync("1");
        await _database.Source.ExecuteAsync($"DROP OWNED BY {_role}; DROP ROLE {_role}; CREATE ROLE {_role} LOGIN PASSWORD 'reader'");
        await _database.Source.ExecuteAsync($"GRANT EXECUTE ON FUNCTION rag_search TO {_role}");
        await AssertRefusedAsync(SearchMine);
    }

    [Fact]
    public async Task A_role_with_the_tables_searches_every_cabinet_and_cannot_be_limited()
    {
        await _database.Source.ExecuteAsync($"GRANT SELECT ON rag_metadata, rag_embeddings TO {_role}; GRANT EXECUTE ON FUNCTION rag_search TO {_role}");
        Assert.Equal([Secret], await _reader.ReadNamesAsync(SearchOther));
        var run = await CliRun.OnAsync(_database.ConnectionString, "grant", "rag", "--read", "--to", _role, "--cabinets", "1");
        Assert.Equal(1, run.Code);
        Assert.Contains("would not limit it", run.Errors, StringComparison.Ordinal);
        // Whoever limits the tables by rows means it.
        await _database.Source.ExecuteAsync("ALTER TABLE rag_metadata ENABLE ROW LEVEL SECURITY");
        await AssertRefusedAsync(SearchOther);
    }

    [Theory]
    [Trait("Guarantee", "tenants")]
    [InlineData("rag_metadata")]
    [InlineData("rag_embeddings")]
    public async Task A_role_with_one_of_the_tables_searches_what_it_was_granted(string table)
    {
        await GrantAsync("1");
        await _database.Source.ExecuteAsync($"GRANT SELECT ON {table} TO {_role}");
        Assert.Equal(["своё"], await _reader.ReadNamesAsync(SearchMine));
        await AssertRefusedAsync(SearchOther);
    }

    [Fact]
    [Trait("Guarantee", "tenants")]
    public async Task A_connection_searches_with_the_role_it_has_set()
    {
        await GrantAsync("1");
        await using var connection = await _database.Source.OpenConnectionAsync(Stop);
        await using var asOwner = new NpgsqlCommand(SearchOther, connection);
        Assert.Equal(Secret, await asOwner.ExecuteScalarAsync(Stop));
        await using var asReader = new NpgsqlCommand($"SET ROLE {_role}; {SearchOther}", connection);
        var error = await Assert.ThrowsAsync<PostgresException>(() => asReader.ExecuteScalarAsync(Stop));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, error.SqlState);
    }

    [Theory]
    [InlineData("grant", "rag", "--to", "r", "--read")]
    [InlineData("grant", "rag", "--to", "r", "--cabinets", "1")]
    [InlineData("grant", "main", "--to", "r", "--read", "--cabinets", "1")]
    [InlineData("grant", "rag", "--to", "r", "--read", "--cabinets", "1,x")]
    [InlineData("grant", "rag", "--to", "r", "--read", "--cabinets", "")]
    public async Task A_grant_that_says_half_is_wrong_usage(params string[] arguments) =>
        Assert.Equal(2, (await CliRun.OnAsync("Host=127.0.0.1;Database=none", arguments)).Code);

    [Fact]
    public async Task The_search_works_where_the_extension_lives_elsewhere()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Empty);
        await database.Source.ExecuteAsync($"""
            CREATE SCHEMA extensions; CREATE EXTENSION vector SCHEMA extensions; ALTER DATABASE {database.Name} SET search_path = public, extensions
            """);
        database.Source.Clear();
        await Core.Migrations.SchemaMigrator.MigrateAsync(Core.Migrations.MigrationSet.Rag, database.Source, null, Stop);
        await using var connection = await database.Source.OpenConnectionAsync(Stop);
        await using var search = new NpgsqlCommand(
            "SET search_path = public; SELECT * FROM rag_search(1, array_fill(1, ARRAY[1536])::extensions.vector, 'm', question => 'слово')", connection);
        Assert.Equal(-1, await search.ExecuteNonQueryAsync(Stop));
    }

    private async Task GrantAsync(string cabinets)
    {
        var run = await CliRun.OnAsync(_database.ConnectionString, "grant", "rag", "--read", "--to", _role, "--cabinets", cabinets);
        Assert.Equal((0, ""), (run.Code, run.Errors));
    }

    private async Task<PostgresException> AssertRefusedAsync(string sql)
    {
        var error = await Assert.ThrowsAsync<PostgresException>(() => _reader.ExecuteAsync(sql));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, error.SqlState);
        return error;
    }

    private async Task AssertFailsAsync(string sql)
    {
        var error = await Record.ExceptionAsync(() => _reader.ExecuteAsync(sql));
        var refused = Assert.IsType<PostgresException>(error);
        Assert.DoesNotContain(Secret, refused.ToString(), StringComparison.Ordinal);
    }
}
