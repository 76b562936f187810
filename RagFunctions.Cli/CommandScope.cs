using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Migrations;
using Spectre.Console;

namespace RagFunctions.Cli;

/// <summary>What a running command works with.</summary>
/// <param name="Parsed">Its arguments and options.</param>
/// <param name="Environment">What surrounds it.</param>
/// <param name="Services">The services of Core, configured.</param>
/// <param name="CancellationToken">Ctrl+C.</param>
internal sealed record CommandScope(
    ParseResult Parsed, CliEnvironment Environment, IServiceProvider Services, CancellationToken CancellationToken)
{
    public IAnsiConsole Output => Environment.Output;

    public MainDatabase Main => Services.GetRequiredService<MainDatabase>();

    public RagDatabase Rag => Services.GetRequiredService<RagDatabase>();

    /// <summary>The database that a set of migrations is for.</summary>
    public NpgsqlDataSource DatabaseOf(MigrationSet set) => set == MigrationSet.Main ? Main.Source : Rag.Source;
}
