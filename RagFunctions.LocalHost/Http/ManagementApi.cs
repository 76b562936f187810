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
    private const int DefaultTop = 100;

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

    private static bool IsEnded(OrchestrationMetadata instance) => instance.IsCompleted;

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

        if (!IsEnded(instance))
        {
            http.Response.Headers.Location = address.Of(id, "");
            http.Response.Headers.RetryAfter = "10";
            return Results.Json(Shape(instance, showInput), statusCode: StatusCodes.Status202Accepted);
        }

        var failed = returnInternalServerErrorOnFailure && instance.RuntimeStatus == OrchestrationRuntimeStatus.Failed;
        return Results.Json(
            Shape(instance, showInput), statusCode: failed ? StatusCodes.Status500InternalServerError : StatusCodes.Status200OK);
    }

    private async Task<IResult> ListAsync(
        HttpContext http,
        DateTimeOffset? createdTimeFrom,
        DateTimeOffset? createdTimeTo,
        string? runtimeStatus,
        string? instanceIdPrefix,
        int? top,
        bool showInput = true)
    {
        List<OrchestrationRuntimeStatus>? statuses = null;
        foreach (var name in (runtimeStatus ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Enum.TryParse<OrchestrationRuntimeStatus>(name, ignoreCase: true, out var status) || char.IsDigit(name[0]))
            {
                return Results.BadRequest();
            }

            (statuses ??= []).Add(status);
        }

        if (top is <= 0)
        {
            return Results.BadRequest();
        }

        var query = new OrchestrationQuery(
            createdTimeFrom,
            createdTimeTo,
            statuses,
            InstanceIdPrefix: instanceIdPrefix,
            PageSize: top ?? DefaultTop,
            FetchInputsAndOutputs: true,
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
        switch (await client.GetInstanceAsync(id, cancellationToken))
        {
            case null:
                return Results.NotFound();
            case { } instance when IsEnded(instance):
                return Results.StatusCode(StatusCodes.Status410Gone);
            default:
                await client.TerminateInstanceAsync(id, output: reason, cancellationToken);
                return Results.StatusCode(StatusCodes.Status202Accepted);
        }
    }

    private IResult RunFunction(string name)
    {
        if (!catalog.TryGet(name, out var function))
        {
            return Results.NotFound();
        }

        if (function.Kind != FunctionKind.Timer)
        {
            return Results.StatusCode(StatusCodes.Status501NotImplemented);
        }

        timers.RunNow(function);
        return Results.StatusCode(StatusCodes.Status202Accepted);
    }
}
