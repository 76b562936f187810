using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Migrations;
using Spectre.Console;

namespace RagFunctions.Cli.Commands;

/// <summary><c>rag grant main|rag --to ROLE</c>: lets the app's identity into a database.</summary>
internal static class GrantCommand
{
    // Entra principals become roles through functions that Azure keeps in this database alone.
    private const string MaintenanceDatabase = "postgres";

    public static Command Create(CommandRunner runner)
    {
        var set = MigrationSetArgument.Create(isOptional: false);
        var to = new Option<string>("--to") { Description = "The role: the display name of the app's identity.", Required = true };
        var objectId = new Option<Guid?>("--object-id") { Description = "The identity's object id in Entra; its role is made where there is none." };
        var command = new Command("grant", "Lets an identity read and write the rows of a database. May be repeated; run it after every migrate.")
        {
            set, to, objectId,
        };
        runner.Run(command, async scope =>
        {
            var chosen = MigrationSetArgument.Chosen(scope.Parsed, set).Single();
            var role = scope.Parsed.GetValue(to)!;
            await using (var server = ServerOf(scope, chosen))
            {
                if (await RoleGrants.EnsureRoleAsync(server, role, scope.Parsed.GetValue(objectId), scope.CancellationToken))
                {
                    scope.Output.MarkupLineInterpolated($"role {role} made of the Entra principal");
                }
            }

            await RoleGrants.GrantAsync(scope.DatabaseOf(chosen), role, scope.CancellationToken);
            scope.Output.MarkupLineInterpolated($"{chosen.Name()}: {role} may read and write rows");
            return ExitCode.Done;
        });
        return command;
    }

    private static NpgsqlDataSource ServerOf(CommandScope scope, MigrationSet set)
    {
        var connections = scope.Services.GetRequiredService<IOptions<ConnectionStringsOptions>>().Value;
        var connection = new NpgsqlConnectionStringBuilder(set == MigrationSet.Main ? connections.Main : connections.Rag)
        {
            Database = MaintenanceDatabase,
            Pooling = false,
        };
        return scope.Services.GetRequiredService<DatabaseSources>().Build(connection.ConnectionString);
    }
}
