using FluentMigrator.Expressions;
using FluentMigrator.Runner.Generators.Postgres;
using FluentMigrator.Runner.Initialization;
using FluentMigrator.Runner.Processors;
using FluentMigrator.Runner.Processors.Postgres;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace RagFunctions.Core.Migrations;

/// <summary>
/// Runs the steps on a connection that is already open: the one that holds the migration lock, made by the same data source as
/// all others (tokens as passwords included). Statements have no time limit and end when the caller cancels.
/// </summary>
internal sealed class MigrationProcessor : PostgresProcessor
{
    private readonly NpgsqlConnection _connection;
    private readonly CancellationToken _cancellationToken;

    public MigrationProcessor(
        NpgsqlConnection connection,
        PostgresDbFactory factory,
        PostgresGenerator generator,
        ILogger<PostgresProcessor> logger,
        IOptionsSnapshot<ProcessorOptions> options,
        IConnectionStringAccessor connectionStringAccessor,
        PostgresOptions postgresOptions,
        CancellationToken cancellationToken)
        : base(factory, generator, logger, options, connectionStringAccessor, postgresOptions)
    {
        _connection = connection;
        _cancellationToken = cancellationToken;
        Connection = connection;
    }

    public override void Process(PerformDBOperationExpression expression) =>
        expression.Operation?.Invoke(_connection, Transaction);

    protected override void Process(string sql)
    {
        if (string.IsNullOrEmpty(sql))
        {
            return;
        }

        using var command = new NpgsqlCommand(sql, _connection, (NpgsqlTransaction?)Transaction) { CommandTimeout = 0 };
        using var cancelling = _cancellationToken.Register(command.Cancel);
        command.ExecuteNonQuery();
    }

    protected override void Dispose(bool isDisposing)
    {
        RollbackTransaction();
        // The connection belongs to the migrator, which releases the lock on it afterwards.
        Connection = null!;
        base.Dispose(isDisposing);
    }
}
