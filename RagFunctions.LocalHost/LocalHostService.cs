using System.Security.Cryptography;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.LocalHost.Http;
using RagFunctions.LocalHost.Orchestrations;
using RagFunctions.LocalHost.Timers;

namespace RagFunctions.LocalHost;

/// <summary>Start and end of the host: its tables, its lock on the database, orchestrations, timers.</summary>
internal sealed class LocalHostService(
    RagDatabase database, OrchestrationRuntime runtime, TimerService timers, ManagementAddress address, IOptions<LocalHostOptions> options,
    IHostApplicationLifetime lifetime, ILogger<LocalHostService> logger) : IHostedService, IAsyncDisposable
{
    // A host that was killed leaves its session to the server for a moment.
    private const int LockSeconds = 10;

    private NpgsqlConnection? _lock;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStarted.Register(() => HostLog.Listening(logger, address.Base));
        _lock = await database.Source.OpenConnectionAsync(cancellationToken);
        await LockAsync(cancellationToken);
        await ExecuteAsync(HistorySchema.Create, cancellationToken);
        address.Key = options.Value.Key.Length > 0 ? options.Value.Key : await EnsureKeyAsync(cancellationToken);
        await runtime.ResumeAsync(cancellationToken);
        await timers.StartAsync(cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await timers.StopAsync();
        await runtime.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_lock is not null)
        {
            // The pool keeps the session: without this it would keep the lock, too.
            await ExecuteAsync(HistorySchema.Unlock, CancellationToken.None);
            await _lock.DisposeAsync();
            _lock = null;
        }
    }

    /// <summary>The lock lives as long as this connection, and ends with the process however that ends.</summary>
    private async Task LockAsync(CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(HistorySchema.Lock, _lock) { CommandTimeout = LockSeconds };
        try
        {
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (NpgsqlException exception) when (exception.InnerException is TimeoutException)
        {
            throw new InvalidOperationException("Another local host runs on this database; only one may.", exception);
        }
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, _lock);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<string> EnsureKeyAsync(CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(HistorySchema.EnsureKey, _lock);
        command.Parameters.Add(new NpgsqlParameter { Value = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24)) });
        return (string)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
