using System.Text.Json;
using Npgsql;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Cli;

public sealed class CommandFrameTests
{
    private const string Secret = "s3cret-P4ss";

    [Theory]
    [InlineData("nonsense")]
    [InlineData("migrate", "both")]
    [InlineData("migrate", "rag", "--capture-changes")]
    [InlineData("migrate", "--capture-changes", "--no-capture-changes")]
    [InlineData("rollback")]
    [InlineData("rollback", "rag", "--to", "-1")]
    [InlineData("rollback", "rag", "--to", "soon")]
    [InlineData("ann")]
    [InlineData("ann", "create", "--memory", "lots")]
    [InlineData("ann", "create", "--workers", "65")]
    [InlineData("backfill-hashes", "--batch", "0")]
    [InlineData("migrations", "--settings", "there-is-no-such-file.json")]
    public async Task Wrong_usage_answers_2_and_touches_nothing(params string[] arguments)
    {
        var run = await CliRun.OfAsync(new Dictionary<string, string?>(), arguments);
        Assert.Equal(2, run.Code);
        Assert.StartsWith("usage: ", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_answers_0()
    {
        var run = await CliRun.OfAsync(new Dictionary<string, string?>(), "migrate", "--help");
        Assert.Equal(0, run.Code);
        Assert.Contains("--capture-changes", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Defect", "74")]
    public async Task A_missing_connection_string_is_named_as_in_configuration()
    {
        var run = await CliRun.OfAsync(new Dictionary<string, string?> { ["ConnectionStrings__Rag"] = "Host=127.0.0.1" }, "migrate");
        Assert.Equal(1, run.Code);
        Assert.Contains("ConnectionStrings:Main is missing", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData($"Host=127.0.0.1;Port=1;Username=u;Password={Secret}", "does not answer")]
    [InlineData($"Host=127.0.0.1;Username=u;Password=x;{Secret}=y", "is not an Npgsql connection string")]
    [InlineData($"postgres://u:{Secret}@127.0.0.1/main", "is not an Npgsql connection string")]
    public async Task A_connection_that_fails_answers_1_without_password_and_stack_trace(string connectionString, string expected)
    {
        var run = await CliRun.OnAsync(connectionString, "migrate");
        Assert.Equal(1, run.Code);
        Assert.Contains(expected, run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, run.Output + run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain(" at ", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_password_that_the_server_repeats_is_hidden()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Empty);
        var settings = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = Secret, Password = Secret };
        var run = await CliRun.OnAsync(settings.ConnectionString, "migrate");
        Assert.Equal(1, run.Code);
        Assert.Contains("\"***\"", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, run.Output + run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_of_the_server_is_one_line()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Empty);
        var run = await CliRun.OnAsync(database.ConnectionString, "backfill-hashes");
        Assert.Equal((1, "error: the database says: relation \"rag_metadata\" does not exist (42P01)\n"), (run.Code, run.Errors));
    }

    [Theory]
    [Trait("Defect", "74")]
    [InlineData("""{ "IsEncrypted": false, "Values": { "ConnectionStrings__Main": $, "ConnectionStrings:Rag": $ } }""")]
    [InlineData("""{ "Values": {}, "ConnectionStrings": { "Main": $, "Rag": $ } /* a comment */ }""")]
    public async Task Settings_are_read_from_a_file_as_the_functions_host_reads_them(string template)
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Both);
        using var file = new TemporaryFile(template.Replace("$", JsonSerializer.Serialize(database.ConnectionString), StringComparison.Ordinal));
        var run = await CliRun.OfAsync(new Dictionary<string, string?>(), "migrate", "--settings", file.Path);
        Assert.Equal((0, "main: up to date\nrag: up to date\n"), (run.Code, run.Output));
    }

    [Fact]
    public async Task The_environment_stands_above_the_file()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Both);
        using var file = new TemporaryFile("""{ "Values": { "ConnectionStrings__Main": "Host=127.0.0.1;Port=1", "ConnectionStrings__Rag": "Host=127.0.0.1;Port=1" } }""");
        var run = await CliRun.OnAsync(database.ConnectionString, "migrate", "--settings", file.Path);
        Assert.Equal((0, ""), (run.Code, run.Errors));
    }

    [Fact]
    public async Task A_file_that_is_no_settings_file_is_named()
    {
        using var file = new TemporaryFile("{ not json");
        var run = await CliRun.OfAsync(new Dictionary<string, string?>(), "migrate", "--settings", file.Path);
        Assert.Equal(1, run.Code);
        Assert.Contains($"{file.Path} is not a settings file", run.Errors, StringComparison.Ordinal);
    }

    private sealed class TemporaryFile : IDisposable
    {
        public TemporaryFile(string content) => File.WriteAllText(Path, content);

        public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"rag-{Guid.NewGuid():N}.json");

        public void Dispose() => File.Delete(Path);
    }
}
