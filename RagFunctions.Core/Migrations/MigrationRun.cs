using FluentMigrator.Expressions;
using FluentMigrator.Infrastructure;
using FluentMigrator.Runner;
using FluentMigrator.Runner.Generators.Postgres;
using FluentMigrator.Runner.Initialization;
using FluentMigrator.Runner.Processors;
using FluentMigrator.Runner.Processors.Postgres;
using FluentMigrator.Runner.VersionTableInfo;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace RagFunctions.Core.Migrations;

/// <summary>The migration library, set up for one set of steps and one connection.</summary>
internal sealed class MigrationRun : IDisposable
{
    private readonly ServiceProvider _services;
    private readonly IServiceScope _scope;
    private readonly MigrationRunner _runner;

    public MigrationRun(MigrationSet set, string schema, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        _services = Configure(set, schema)
            // Without a connection string of its own the library would only print the history's statements.
            .AddScoped<IVersionLoader, VersionLoader>()
            .AddScoped<IProcessorAccessor>(provider => new ProcessorAccessor(
                ActivatorUtilities.CreateInstance<MigrationProcessor>(provider, connection, cancellationToken)))
            .BuildServiceProvider();
        _scope = _services.CreateScope();
        _runner = (MigrationRunner)_scope.ServiceProvider.GetRequiredService<IMigrationRunner>();
    }

    /// <summary>The steps of a set by number; needs no database.</summary>
    public static SortedList<long, IMigrationInfo> StepsOf(MigrationSet set)
    {
        using var services = Configure(set, schema: "").BuildServiceProvider();
        using var scope = services.CreateScope();
        return scope.ServiceProvider.GetRequiredService<IMigrationInformationLoader>().LoadMigrations();
    }

    public void Up(IMigrationInfo step) => _runner.ApplyMigrationUp(step, IsTransactional(step));

    public void Down(IMigrationInfo step) => _runner.ApplyMigrationDown(step, IsTransactional(step));

    public void Dispose()
    {
        _scope.Dispose();
        _services.Dispose();
    }

    private static bool IsTransactional(IMigrationInfo step) => step.TransactionBehavior == FluentMigrator.TransactionBehavior.Default;

    private static IServiceCollection Configure(MigrationSet set, string schema) => new ServiceCollection()
        .AddLogging()
        .AddFluentMigratorCore()
        .ConfigureRunner(runner => runner
            .AddPostgres()
            .WithVersionTable(new MigrationHistoryTable(set, schema))
            .WithMigrationsIn(MigrationSetNames.StepsAssembly))
        .Configure<TypeFilterOptions>(filter => (filter.Namespace, filter.NestedNamespaces) = (set.StepsNamespace(), true));

    private sealed class ProcessorAccessor(MigrationProcessor processor) : IProcessorAccessor
    {
        public FluentMigrator.IMigrationProcessor Processor { get; } = processor;
    }
}

/// <summary>
/// Runs the steps on a connection that is already open, made by the same data source as all others (tokens as passwords included). Statements have no time limit and end when the caller cancels.
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
        // The connection belongs to the migrator.
        Connection = null!;
        base.Dispose(isDisposing);
    }
}

/// <summary>Names of the history table of one set.</summary>
internal sealed class MigrationHistoryTable(MigrationSet set, string schema) : IVersionTableMetaData
{
    public bool OwnsSchema => false;

    public string SchemaName => schema;

    public string TableName => set.HistoryTable();

    public string ColumnName => "version";

    public string DescriptionColumnName => "description";

    public string UniqueIndexName => set.HistoryTable() + "_version";

    public string AppliedOnColumnName => "applied_on";

    public bool CreateWithPrimaryKey => false;
}
