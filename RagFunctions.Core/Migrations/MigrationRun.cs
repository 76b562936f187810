using FluentMigrator.Infrastructure;
using FluentMigrator.Runner;
using FluentMigrator.Runner.Initialization;
using FluentMigrator.Runner.Processors;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace RagFunctions.Core.Migrations;

/// <summary>The migration library, set up for one set of steps and one connection.</summary>
internal sealed class MigrationRun : IDisposable
{
    private readonly ServiceProvider _services;
    private readonly IServiceScope _scope;
    private readonly MigrationRunner _runner;

    public MigrationRun(MigrationSet set, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        _services = Configure(set)
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
        using var services = Configure(set).BuildServiceProvider();
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

    private static IServiceCollection Configure(MigrationSet set) => new ServiceCollection()
        .AddLogging()
        .AddFluentMigratorCore()
        .ConfigureRunner(runner => runner
            .AddPostgres()
            .WithVersionTable(new MigrationHistoryTable(set))
            .WithMigrationsIn(MigrationSetNames.StepsAssembly))
        .Configure<TypeFilterOptions>(filter => filter.Namespace = set.StepsNamespace());

    private sealed class ProcessorAccessor(MigrationProcessor processor) : IProcessorAccessor
    {
        public FluentMigrator.IMigrationProcessor Processor { get; } = processor;
    }
}
