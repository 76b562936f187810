using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace RagFunctions.Tests.Postgres;

/// <summary>
/// One template database for each kind of schema, shared by all processes that would build the same. Its name carries the
/// fingerprint of what built it. Two advisory locks on the connection that lives with the process: one under which templates
/// are looked for, built and dropped, by one process at a time; and one for each template, held shared by all who use it.
/// </summary>
internal sealed class TemplateDatabases(
    NpgsqlDataSource server, NpgsqlConnection presence, Func<SchemaKind, IReadOnlyList<TestSchema>> schemasOf)
{
    private const string TemplatePrefix = "ragtemplate_";
    private const string Building = TemplatePrefix + "building";

    private const string Lock = "SELECT pg_advisory_lock(hashtextextended($1, 0))";
    private const string TryLock = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))";
    private const string Unlock = "SELECT pg_advisory_unlock(hashtextextended($1, 0))";
    private const string LockShared = "SELECT pg_advisory_lock_shared(hashtextextended($1, 0))";
    private const string SelectByPrefix = "SELECT datname FROM pg_database WHERE starts_with(datname, $1)";

    private readonly ConcurrentDictionary<SchemaKind, Lazy<Task<string>>> _names = new();
    private readonly SemaphoreSlim _presenceFree = new(1);

    /// <summary>The template of a kind, built if no process has built it yet.</summary>
    public Task<string> NameOfAsync(SchemaKind kind) =>
        _names.GetOrAdd(kind, key => new Lazy<Task<string>>(() => EnsureAsync(key))).Value;

    private async Task<string> EnsureAsync(SchemaKind kind)
    {
        var schemas = schemasOf(kind);
        var fingerprint = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('|', schemas.Select(schema => schema.Fingerprint))));
        var family = $"{TemplatePrefix}{kind.ToString().ToLowerInvariant()}_";
        var name = family + Convert.ToHexStringLower(fingerprint)[..16];

        await _presenceFree.WaitAsync();
        try
        {
            await presence.ExecuteAsync(Lock, Building);
            try
            {
                await EnsureAsync(name, family, schemas);
                await presence.ExecuteAsync(LockShared, name);
            }
            finally
            {
                await presence.ExecuteAsync(Unlock, Building);
            }

            return name;
        }
        finally
        {
            _presenceFree.Release();
        }
    }

    private async Task EnsureAsync(string name, string family, IReadOnlyList<TestSchema> schemas)
    {
        if (!(await server.ReadNamesAsync(SelectByPrefix, name)).Contains(name))
        {
            await DropUnusedAsync(family);
            await BuildAsync(name, schemas);
        }
    }

    /// <summary>A template comes under its name only when it is whole: a build that was killed is begun again.</summary>
    private async Task BuildAsync(string name, IReadOnlyList<TestSchema> schemas)
    {
        var unfinished = name + "_unfinished";
        await server.ExecuteAsync($"CREATE DATABASE {unfinished} TEMPLATE template0");
        var settings = await PostgresServer.ConnectionToAsync(unfinished);
        // Without a pool nobody is connected afterwards, as renaming demands.
        settings.Pooling = false;
        await using (var source = NpgsqlDataSource.Create(settings))
        {
            foreach (var schema in schemas)
            {
                await schema.Build(source);
            }
        }

        await server.ExecuteAsync($"ALTER DATABASE {unfinished} RENAME TO {name}");
        // A connected session would keep others from copying it.
        await server.ExecuteAsync($"ALTER DATABASE {name} ALLOW_CONNECTIONS false");
    }

    /// <summary>Unfinished ones are among them: nobody holds a lock for those.</summary>
    private async Task DropUnusedAsync(string family)
    {
        foreach (var template in await server.ReadNamesAsync(SelectByPrefix, family))
        {
            if (await presence.ScalarAsync(TryLock, template) is not true)
            {
                continue;
            }

            await server.ExecuteAsync($"DROP DATABASE IF EXISTS {template} WITH (FORCE)");
            await presence.ExecuteAsync(Unlock, template);
        }
    }
}
