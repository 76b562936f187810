using Azure.Core;
using Azure.Identity;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using RagFunctions.Core;
using RagFunctions.Core.Databases;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Databases;

/// <summary>A role with a password stands for the Entra principal, its password for the token: the server checks both the same way.</summary>
public sealed class EntraSignInTests(DatabaseFixture database) : IClassFixture<DatabaseFixture>, IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Never = TimeSpan.FromDays(1);

    // Milliseconds after which a token that never comes is a failure; one that comes takes 20.
    private const int Patience = 30_000;

    private readonly string _role = $"rag_entra_{Guid.NewGuid():N}";
    private volatile string _token = $"token-{Guid.NewGuid():N}";

    public async ValueTask InitializeAsync() => await database.Source.ExecuteAsync($"CREATE ROLE {_role} LOGIN PASSWORD '{_token}'");

    public async ValueTask DisposeAsync() => await database.Source.ExecuteAsync($"DROP ROLE {_role}");

    [Fact]
    public async Task Both_databases_are_opened_with_a_token_where_no_password_is_given()
    {
        var credential = new FakeCredential(() => _token);
        await using var services = Services(credential, Connection().ConnectionString, "entra");
        Assert.Equal(_role, await UserAsync(services.GetRequiredService<MainDatabase>().Source));
        Assert.Equal(_role, await UserAsync(services.GetRequiredService<RagDatabase>().Source));
        Assert.Equal(["https://ossrdbms-aad.database.windows.net/.default"], credential.Scopes);
    }

    [Fact]
    public async Task A_password_in_the_connection_string_is_used_as_it_is()
    {
        var credential = new FakeCredential(() => throw new CredentialUnavailableException("asked"));
        var connection = Connection();
        connection.Password = _token;
        await using var services = Services(credential, connection.ConnectionString, "entra");
        Assert.Equal(_role, await UserAsync(services.GetRequiredService<MainDatabase>().Source));
        Assert.Equal(0, credential.Asked);
    }

    [Fact]
    public async Task No_token_is_asked_for_unless_a_setting_says_so()
    {
        var credential = new FakeCredential(() => _token);
        await using var services = Services(credential, Connection().ConnectionString, authentication: null);
        await Assert.ThrowsAsync<NpgsqlException>(() => UserAsync(services.GetRequiredService<MainDatabase>().Source));
        Assert.Equal(0, credential.Asked);
    }

    [Fact(Timeout = Patience)]
    public async Task A_token_is_replaced_before_it_ends_for_new_connections()
    {
        await using var source = Build(new FakeCredential(() => _token), Soon, Never);
        Assert.Equal(_role, await UserAsync(source));

        var next = $"token-{Guid.NewGuid():N}";
        await database.Source.ExecuteAsync($"ALTER ROLE {_role} PASSWORD '{next}'");
        _token = next;
        await SucceedsAsync(() => UserAsync(source), TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = Patience)]
    public async Task Without_a_token_opening_fails_with_the_reason_until_one_comes()
    {
        var down = true;
        await using var source = Build(
            new FakeCredential(() => Volatile.Read(ref down) ? throw new CredentialUnavailableException("no managed identity here") : _token), Never, Soon);

        var failure = await Assert.ThrowsAnyAsync<NpgsqlException>(() => UserAsync(source));
        Assert.Contains("no managed identity here", failure.ToString(), StringComparison.Ordinal);

        Volatile.Write(ref down, false);
        await SucceedsAsync(() => UserAsync(source), TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("Host=db.example;Database=rag;Username=app", "ConnectionStrings:Main needs SSL Mode=VerifyFull")]
    [InlineData("Host=db.example;Database=rag;Username=app;SSL Mode=Require", "ConnectionStrings:Rag needs SSL Mode=VerifyFull")]
    [InlineData("Host=db.example;Database=rag;SSL Mode=VerifyFull", "ConnectionStrings:Main needs Username")]
    public void A_token_is_not_sent_to_an_unverified_server(string connection, string message)
    {
        using var services = Services(new FakeCredential(() => _token), connection, "entra");
        var refusal = Assert.Throws<OptionsValidationException>(services.GetRequiredService<IStartupValidator>().Validate);
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_credential_serves_databases_and_embeddings()
    {
        using var services = Services(credential: null, Connection().ConnectionString, "entra");
        Assert.IsType<DefaultAzureCredential>(services.GetRequiredService<TokenCredential>());
        Assert.Same(services.GetRequiredService<TokenCredential>(), services.GetRequiredService<TokenCredential>());
    }

    private NpgsqlConnectionStringBuilder Connection() =>
        new(database.ConnectionString) { Username = _role, Password = null, Pooling = false, SslMode = SslMode.Disable };

    private NpgsqlDataSource Build(TokenCredential credential, TimeSpan interval, TimeSpan afterFailure)
    {
        var builder = new NpgsqlDataSourceBuilder(Connection().ConnectionString);
        EntraSignIn.Use(builder, credential, interval, afterFailure);
        return builder.Build();
    }

    private static ServiceProvider Services(TokenCredential? credential, string connection, string? authentication)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:Main"] = connection,
            ["ConnectionStrings:Rag"] = connection,
            ["Embeddings:Provider"] = "offline",
            ["Databases:Authentication"] = authentication,
        }).Build();
        var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddLogging().AddRagCore(configuration);
        return (credential is null ? services : services.AddSingleton(credential)).BuildServiceProvider();
    }

    private static async Task<string> UserAsync(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand("SELECT current_user::text");
        return (string)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    // The refresh runs by its own clock: whoever opens meanwhile is refused.
    private static async Task SucceedsAsync(Func<Task> open, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                await open();
                return;
            }
            catch (NpgsqlException)
            {
                await Task.Yield();
            }
        }
    }
}
