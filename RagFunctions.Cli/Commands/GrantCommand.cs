using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Migrations;
using RagFunctions.Core.Search;
using Spectre.Console;

namespace RagFunctions.Cli.Commands;

/// <summary>
/// <c>rag grant main|rag --to ROLE</c>: lets the app's identity into a database. <c>rag grant rag --read --to ROLE --cabinets 1,2</c>: lets a
/// role search cabinets.
/// </summary>
internal static class GrantCommand
{
    // Entra principals become roles through functions that Azure keeps in this database alone.
    private const string MaintenanceDatabase = "postgres";

    public static Command Create(CommandRunner runner)
    {
        var set = MigrationSetArgument.Create(isOptional: false);
        var to = new Option<string>("--to") { Description = "The role: the display name of the app's identity.", Required = true };
        var objectId = new Option<Guid?>("--object-id") { Description = "The identity's object id in Entra; its role is made where there is none." };
        var read = new Option<bool>("--read") { Description = "Only to search, by the function rag_search, the cabinets named and nothing else." };
        var cabinets = new Option<long[]?>("--cabinets")
        {
            Description = "With --read: all cabinets the role may search from now on, such as 1,2; none: not one.",
            CustomParser = ReadCabinets,
        };
        var command = new Command("grant", "Lets an identity read and write the rows of a database. May be repeated; run it after every migrate.")
        {
            set, to, objectId, read, cabinets,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(read) != (result.GetResult(cabinets) is not null))
            {
                result.AddError("--read and --cabinets go together.");
            }
            else if (result.GetValue(read) && result.GetValue(set) != MigrationSet.Rag.Name())
            {
                result.AddError("--read is for the index: rag grant rag --read.");
            }
        });
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

            if (scope.Parsed.GetValue(read))
            {
                var named = scope.Parsed.GetValue(cabinets)!;
                await ReaderGrants.GrantAsync(scope.Rag.Source, role, named, scope.CancellationToken);
                scope.Output.MarkupLineInterpolated($"rag: {role} may search {(named.Length == 0 ? "no cabinet" : $"cabinets {string.Join(", ", named)}")}, and nothing else");
                return ExitCode.Done;
            }

            await RoleGrants.GrantAsync(scope.DatabaseOf(chosen), role, scope.CancellationToken);
            scope.Output.MarkupLineInterpolated($"{chosen.Name()}: {role} may read and write rows");
            return ExitCode.Done;
        });
        return command;
    }

    private static long[]? ReadCabinets(ArgumentResult result)
    {
        var text = result.Tokens is [var token] ? token.Value : "";
        if (text == "none")
        {
            return [];
        }

        List<long> ids = [];
        foreach (var part in text.Split(','))
        {
            if (!long.TryParse(part.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var id) || id == 0)
            {
                result.AddError("--cabinets is a list such as 1,2, or none.");
                return null;
            }

            ids.Add(id);
        }

        return [.. ids.Distinct()];
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
