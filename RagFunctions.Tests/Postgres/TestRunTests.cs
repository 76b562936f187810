using Npgsql;

namespace RagFunctions.Tests.Postgres;

public sealed class TestRunTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    [Fact]
    public async Task Databases_of_killed_processes_go_and_those_in_use_stay()
    {
        var leftOver = $"ragtest_0_{Guid.NewGuid():N}_1";
        await fixture.Source.ExecuteAsync($"CREATE DATABASE {leftOver} TEMPLATE template0");

        await TestRun.DropLeftOverAsync(fixture.Source);

        var databases = await fixture.Source.ReadNamesAsync("SELECT datname FROM pg_database");
        Assert.DoesNotContain(leftOver, databases);
        Assert.Contains(fixture.Database.Name, databases);
    }

    [Fact]
    public async Task Processes_that_ask_for_the_same_template_at_once_build_it_once()
    {
        var builds = 0;
        var schema = new TestSchema(Guid.NewGuid().ToString(), source =>
        {
            Interlocked.Increment(ref builds);
            return source.ExecuteAsync("CREATE TABLE built ()");
        });
        await using var one = await OpenAsync();
        await using var other = await OpenAsync();

        var names = await Task.WhenAll(
            Templates(one, schema).NameOfAsync(SchemaKind.Empty), Templates(other, schema).NameOfAsync(SchemaKind.Empty));

        Assert.Equal(names[0], names[1]);
        Assert.Equal(1, builds);
        await fixture.Source.ExecuteAsync($"DROP DATABASE {names[0]}");
    }

    [Fact]
    public async Task A_half_built_template_is_never_used_and_built_again()
    {
        var fingerprint = Guid.NewGuid().ToString();
        var breaks = new TestSchema(fingerprint, async source =>
        {
            await source.ExecuteAsync("CREATE TABLE half ()");
            throw new InvalidOperationException("broke off");
        });
        await using var first = await OpenAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => Templates(first, breaks).NameOfAsync(SchemaKind.Empty));

        // The first process is still there: it must not hold the second one up.
        await using var second = await OpenAsync();
        var builtAnew = false;
        var whole = new TestSchema(fingerprint, async source =>
        {
            await source.ExecuteAsync("CREATE TABLE half ()");
            builtAnew = true;
        });
        var name = await Templates(second, whole).NameOfAsync(SchemaKind.Empty);

        Assert.True(builtAnew);
        await fixture.Source.ExecuteAsync($"DROP DATABASE {name}");
    }

    [Fact]
    public async Task An_unused_template_goes_and_one_in_use_stays()
    {
        await using var user = await OpenAsync();
        var used = await Templates(user, NewSchema()).NameOfAsync(SchemaKind.Empty);
        string unused;
        await using (var gone = await OpenAsync())
        {
            unused = await Templates(gone, NewSchema()).NameOfAsync(SchemaKind.Empty);
        }

        await using var next = await OpenAsync();
        var current = await Templates(next, NewSchema()).NameOfAsync(SchemaKind.Empty);

        var templates = await TemplatesOnServerAsync();
        Assert.Contains(used, templates);
        Assert.Contains(current, templates);
        Assert.DoesNotContain(unused, templates);
        await fixture.Source.ExecuteAsync($"DROP DATABASE {used}");
        await fixture.Source.ExecuteAsync($"DROP DATABASE {current}");
    }

    [Fact]
    public async Task Nobody_connects_to_a_template_and_so_keeps_others_from_copying_it()
    {
        await using var user = await OpenAsync();
        var name = await Templates(user, NewSchema()).NameOfAsync(SchemaKind.Empty);
        await using var intruder = new NpgsqlConnection((await PostgresServer.ConnectionToAsync(name)).ConnectionString);
        var refusal = await Assert.ThrowsAsync<PostgresException>(() => intruder.OpenAsync(TestContext.Current.CancellationToken));
        Assert.Equal(PostgresErrorCodes.ObjectNotInPrerequisiteState, refusal.SqlState);
        await fixture.Source.ExecuteAsync($"DROP DATABASE {name}");
    }

    private static TestSchema NewSchema() => new(Guid.NewGuid().ToString(), _ => Task.CompletedTask);

    private TemplateDatabases Templates(NpgsqlConnection presence, TestSchema schema) => new(fixture.Source, presence, _ => [schema]);

    private Task<List<string>> TemplatesOnServerAsync() =>
        fixture.Source.ReadNamesAsync("SELECT datname FROM pg_database WHERE starts_with(datname, $1)", "ragtemplate_empty_");

    /// <summary>A connection without a pool, so that its locks end with it, as those of a process do; where all processes hold theirs.</summary>
    private async Task<NpgsqlConnection> OpenAsync()
    {
        var settings = await PostgresServer.ConnectionToAsync("postgres");
        settings.Pooling = false;
        var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        return connection;
    }
}
