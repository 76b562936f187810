using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Npgsql;
using RagFunctions.Api.OpenApi;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Migrations;

namespace RagFunctions.Api;

/// <summary>Tells load balancers and people whether the app can work. Open to everybody, so it names no reasons.</summary>
public sealed partial class HealthApi(MainDatabase main, RagDatabase rag, ILogger<HealthApi> logger)
{
    private const string Ok = "ok";

    private const string CanBeWritten = "SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off'";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    internal static readonly string Version =
        typeof(HealthApi).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    internal static readonly ApiRoute HealthRoute = new(RouteKey.None)
    {
        Answers =
        [
            ApiAnswer.Of(200, "Both databases answer within 5 seconds, can be written and have the schema of this version.", ApiExamples.Health),
            ApiAnswer.Of(503, "At least one does not.", ApiExamples.Unhealthy),
        ],
    };

    /// <summary>200 when both databases can be written and have the schema of this version, else 503.</summary>
    [Function(nameof(Health))]
    public async Task<IResult> Health(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/rag/health")] HttpRequest request, CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(
            StateAsync(MigrationSet.Main, main.Source, cancellationToken), StateAsync(MigrationSet.Rag, rag.Source, cancellationToken));
        var healthy = answers.All(answer => answer == Ok);
        return ApiJson.Answer(
            new HealthReply(healthy ? Ok : "unavailable", "rag-functions", Version, new DatabaseHealth(answers[0], answers[1])),
            healthy ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    /// <returns><c>ok</c>, <c>read_only</c>, <c>schema_behind</c> or <c>unavailable</c>.</returns>
    private async Task<string> StateAsync(MigrationSet set, NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            await using var command = source.CreateCommand(CanBeWritten);
            if (await command.ExecuteScalarAsync(patience.Token) is not true)
            {
                return "read_only";
            }

            return await SchemaMigrator.IsBehindAsync(set, source, patience.Token) ? "schema_behind" : Ok;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            Unavailable(set.Name(), exception);
            return "unavailable";
        }
    }

    [LoggerMessage(6010, LogLevel.Warning, "The {Database} database does not answer")]
    private partial void Unavailable(string database, Exception exception);
}

/// <summary>Whether the app can work.</summary>
/// <param name="Status"><c>ok</c>, or <c>unavailable</c> with a 503.</param>
/// <param name="Service">Always <c>rag-functions</c>.</param>
/// <param name="Version">Of the app.</param>
/// <param name="Databases">How each database is.</param>
internal sealed record HealthReply(string Status, string Service, string Version, DatabaseHealth Databases);

/// <summary>How each database is.</summary>
/// <param name="Main">The source: <c>ok</c>, <c>read_only</c>, <c>schema_behind</c> or <c>unavailable</c>.</param>
/// <param name="Rag">The index, in the same words.</param>
internal sealed record DatabaseHealth(string Main, string Rag);
