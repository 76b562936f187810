using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Api;

/// <summary>Tells load balancers and people whether the app can work. Open to everybody, so it names no reasons.</summary>
public sealed partial class HealthApi(MainDatabase main, RagDatabase rag, ILogger<HealthApi> logger)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly string Version =
        typeof(HealthApi).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    /// <summary>200 when both databases answer, else 503.</summary>
    [Function(nameof(Health))]
    public async Task<IResult> Health(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/rag/health")] HttpRequest request, CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(
            AnswersAsync("main", main.Source, cancellationToken), AnswersAsync("rag", rag.Source, cancellationToken));
        var healthy = answers.All(answer => answer);
        return ApiJson.Answer(
            new
            {
                Status = healthy ? "ok" : "unavailable",
                Service = "rag-functions",
                Version,
                Databases = new { Main = answers[0] ? "ok" : "unavailable", Rag = answers[1] ? "ok" : "unavailable" },
            },
            healthy ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    private async Task<bool> AnswersAsync(string name, NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            await using var command = source.CreateCommand("SELECT 1");
            await command.ExecuteScalarAsync(patience.Token);
            return true;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            Unavailable(name, exception);
            return false;
        }
    }

    [LoggerMessage(6010, LogLevel.Warning, "The {Database} database does not answer")]
    private partial void Unavailable(string database, Exception exception);
}
