using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Migrations;

namespace RagFunctions.Api;

/// <summary>Tells load balancers and people whether the app can work. Open to everybody, so it names no reasons.</summary>
public sealed partial class HealthApi(MainDatabase main, RagDatabase rag, ILogger<HealthApi> logger)
{
    private const string Ok = "ok";

    private const string CanBeWritten = "SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off'";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly string Version =
        typeof(HealthApi).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    /// <summary>200 when both databases can be written and have the schema of this version, else 503.</summary>
    [Function(nameof(Health))]
    public async Task<IResult> Health(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/rag/health")] HttpRequest request, CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(
            StateAsync(MigrationSet.Main, main.Source, cancellationToken), StateAsync(MigrationSet.Rag, rag.Source, cancellationToken));
        var healthy = answers.All(answer => answer == Ok);
        return ApiJson.Answer(
            new
            {
                Status = healthy ? "ok" : "unavailable",
                Service = "rag-functions",
                Version,
                Databases = new { Main = answers[0], Rag = answers[1] },
            },
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
