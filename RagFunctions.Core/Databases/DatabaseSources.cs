using Azure.Core;
using Microsoft.Extensions.Options;
using Npgsql;

namespace RagFunctions.Core.Databases;

/// <summary>Makes the pooled connections of a database, signed in as <c>Databases:Authentication</c> says.</summary>
public sealed class DatabaseSources(IOptions<DatabasesOptions> options, TokenCredential credential)
{
    /// <summary>Nothing is opened yet.</summary>
    /// <param name="connectionString">An Npgsql connection string; with a password in it that one is used.</param>
    /// <param name="vectors">The database has pgvector.</param>
    public NpgsqlDataSource Build(string connectionString, bool vectors = false)
    {
        var builder = new NpgsqlDataSourceBuilder(connectionString);
        // A pooler that lends sessions for one transaction answers the reset of a session in the midst of the next request, which then
        // fails. Nothing here leaves anything in a session: settings and locks end with their transaction.
        builder.ConnectionStringBuilder.NoResetOnClose = true;

        // Dropped before a server or a pooler that limits idle sessions would do it, in the midst of the next request.
        // ContainsKey says of every known keyword that it is there; Keys has those that were given, each by its one name.
        if (builder.ConnectionStringBuilder.Keys.All(given => given != "Connection Idle Lifetime"))
        {
            builder.ConnectionStringBuilder.ConnectionIdleLifetime = 60;
        }

        // An event in each statement's span that nobody reads and Azure Monitor charges as a row of its own.
        builder.ConfigureTracing(tracing => tracing.EnableFirstResponseEvent(false));
        if (vectors)
        {
            builder.UseVector();
        }

        if (options.Value.Authentication == DatabaseAuthentication.Entra && EntraSignIn.IsFor(builder.ConnectionStringBuilder))
        {
            EntraSignIn.Use(builder, credential);
        }

        return builder.Build();
    }
}

/// <summary>The source database (<c>wb_*</c>, <c>rag_changes</c>). Its own type, so that no statement reaches the wrong database.</summary>
public sealed class MainDatabase(NpgsqlDataSource source) : IAsyncDisposable
{
    /// <summary>The pooled connections.</summary>
    public NpgsqlDataSource Source { get; } = source;

    /// <inheritdoc />
    public ValueTask DisposeAsync() => Source.DisposeAsync();
}

/// <summary>The index database (<c>rag_*</c>, pgvector). Built with <c>UseVector()</c>.</summary>
public sealed class RagDatabase(NpgsqlDataSource source) : IAsyncDisposable
{
    /// <summary>The pooled connections.</summary>
    public NpgsqlDataSource Source { get; } = source;

    /// <inheritdoc />
    public ValueTask DisposeAsync() => Source.DisposeAsync();
}
