using Azure.Core;
using Npgsql;

namespace RagFunctions.Core.Databases;

/// <summary>Signs in to Azure Database for PostgreSQL with a token in place of the password.</summary>
internal static class EntraSignIn
{
    // Azure.Identity keeps tokens and renews one from five minutes before its end: whoever asks more often than that always holds one
    // that is good, and asking costs nothing in between.
    private static readonly TimeSpan AskAgain = TimeSpan.FromMinutes(2);

    // The identity service answers within seconds again, or not for long.
    private static readonly TimeSpan AskAgainAfterFailure = TimeSpan.FromSeconds(5);

    private static readonly TokenRequestContext Databases = new(["https://ossrdbms-aad.database.windows.net/.default"]);

    /// <summary>A connection string that brings a password, or names a file with one, is used as it is.</summary>
    public static bool IsFor(NpgsqlConnectionStringBuilder connection) =>
        string.IsNullOrEmpty(connection.Password) && string.IsNullOrEmpty(connection.Passfile);

    /// <summary>
    /// Takes the password of every new connection from <paramref name="credential"/>. Open connections outlive their token. Without a
    /// token opening fails with what the credential says; the next try asks again within seconds.
    /// </summary>
    public static void Use(NpgsqlDataSourceBuilder builder, TokenCredential credential, TimeSpan? interval = null, TimeSpan? afterFailure = null) =>
        builder.UsePeriodicPasswordProvider(
            async (_, cancellationToken) => (await credential.GetTokenAsync(Databases, cancellationToken)).Token,
            interval ?? AskAgain,
            afterFailure ?? AskAgainAfterFailure);
}
