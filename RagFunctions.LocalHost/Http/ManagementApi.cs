using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using RagFunctions.LocalHost.Discovery;
using RagFunctions.LocalHost.Timers;

namespace RagFunctions.LocalHost.Http;

/// <summary>Durable's management URLs and the admin call of a function, behind one key.</summary>
internal sealed class ManagementApi(DurableTaskClient client, FunctionCatalog catalog, TimerService timers, ManagementAddress address)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        var guarded = routes.MapGroup("").AddEndpointFilter(async (context, next) =>
            IsAllowed(context.HttpContext.Request) ? await next(context) : Results.StatusCode(StatusCodes.Status401Unauthorized));
        var instances = guarded.MapGroup(ManagementAddress.Instances);
        instances.MapGet("", ListAsync);
        instances.MapGet("{id}", StatusAsync);
        instances.MapDelete("{id}", PurgeAsync);
        instances.MapPost("{id}/terminate", TerminateAsync);
        instances.MapPost("{id}/{verb}/{**rest}", () => Results.StatusCode(StatusCodes.Status501NotImplemented));
        guarded.MapPost("/admin/functions/{name}", RunFunction);
    }

    private static JsonObject Shape(OrchestrationMetadata instance, bool showInput) => new()
    {
        ["name"] = instance.Name,
        ["instanceId"] = instance.InstanceId,
        ["runtimeStatus"] = instance.RuntimeStatus.ToString(),
        ["input"] = showInput ? Parse(instance.SerializedInput) : null,
        ["customStatus"] = Parse(instance.SerializedCustomStatus),
        ["output"] = Parse(instance.SerializedOutput),
        ["createdTime"] = Time(instance.CreatedAt),
        ["lastUpdatedTime"] = Time(instance.LastUpdatedAt),
    };

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    /// <summary>The message of a failure is no JSON: it is shown as text.</summary>
    private static JsonNode? Parse(string? json)
    {
        try
        {
            return json is null ? null : JsonNode.Parse(json);
        }
        catch (JsonException)
        {
            return json;
        }
    }

    private bool IsAllowed(HttpRequest request)
    {
        var given = request.Headers["x-functions-key"].FirstOrDefault() ?? request.Query["code"].FirstOrDefault() ?? "";
        // Hashes are of one length, so that the comparison tells nothing of the key.
        return CryptographicOperations.FixedTimeEquals(
            SHA256.HashData(Encoding.UTF8.GetBytes(given)), SHA256.HashData(Encoding.UTF8.GetBytes(address.Key)));
    }

    private async Task<IResult> StatusAsync(
        string id, HttpContext http, CancellationToken cancellationToken, bool showInput = true, bool returnInternalServerErrorOnFailure = false)
    {
        if (await client.GetInstanceAsync(id, getInputsAndOutputs: true, cancellationToken) is not { } instance)
        {
            return Results.NotFound();
        }

        var failed = returnInternalServerErrorOnFailure && instance.RuntimeStatus == OrchestrationRuntimeStatus.Failed;
        var status = !instance.IsCompleted ? StatusCodes.Status202Accepted : failed ? StatusCodes.Status500InternalServerError : StatusCodes.Status200OK;
        if (status == StatusCodes.Status202Accepted)
        {
            http.Response.Headers.Location = address.Of(id, "");
            http.Response.Headers.RetryAfter = "10";
        }

        return Results.Json(Shape(instance, showInput), statusCode: status);
    }

    private async Task<IResult> ListAsync(
        HttpContext http, DateTimeOffset? createdTimeFrom, DateTimeOffset? createdTimeTo, string? runtimeStatus, string? instanceIdPrefix,
        int top = 100, bool showInput = true)
    {
        var names = (runtimeStatus ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries);
        if (top <= 0 || names.Except(Enum.GetNames<OrchestrationRuntimeStatus>()).Any())
        {
            return Results.BadRequest();
        }

        var query = new OrchestrationQuery(
            createdTimeFrom, createdTimeTo, names.Length == 0 ? null : names.Select(Enum.Parse<OrchestrationRuntimeStatus>),
            InstanceIdPrefix: instanceIdPrefix, PageSize: top, FetchInputsAndOutputs: true,
            ContinuationToken: http.Request.Headers["x-ms-continuation-token"].FirstOrDefault());
        Page<OrchestrationMetadata> page = new([]);
        await foreach (var first in client.GetAllInstancesAsync(query).AsPages())
        {
            page = first;
            break;
        }

        http.Response.Headers["x-ms-continuation-token"] = page.ContinuationToken;
        return Results.Json(page.Values.Select(instance => Shape(instance, showInput)));
    }

    private async Task<IResult> PurgeAsync(string id, CancellationToken cancellationToken)
    {
        var purged = await client.PurgeInstanceAsync(id, cancellationToken);
        return purged.PurgedInstanceCount == 0
            ? Results.NotFound()
            : Results.Json(new JsonObject { ["instancesDeleted"] = purged.PurgedInstanceCount });
    }

    private async Task<IResult> TerminateAsync(string id, string? reason, CancellationToken cancellationToken)
    {
        var instance = await client.GetInstanceAsync(id, cancellationToken);
        if (instance is null or { IsCompleted: true })
        {
            return Results.StatusCode(instance is null ? StatusCodes.Status404NotFound : StatusCodes.Status410Gone);
        }

        await client.TerminateInstanceAsync(id, output: reason, cancellationToken);
        return Results.StatusCode(StatusCodes.Status202Accepted);
    }

    private IResult RunFunction(string name)
    {
        if (!catalog.TryGet(name, out var function) || function.Kind != FunctionKind.Timer)
        {
            return Results.StatusCode(function is null ? StatusCodes.Status404NotFound : StatusCodes.Status501NotImplemented);
        }

        timers.RunNow(function);
        return Results.StatusCode(StatusCodes.Status202Accepted);
    }
}
