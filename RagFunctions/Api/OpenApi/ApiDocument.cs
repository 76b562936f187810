using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace RagFunctions.Api.OpenApi;

/// <summary>
/// OpenAPI 3.1 of the API, made from its functions: paths and methods from their triggers, what they take and answer from the
/// <see cref="ApiRoute"/> that reads their requests, fields from the types they write, words from their documentation.
/// </summary>
internal static partial class ApiDocument
{
    /// <summary>The functions that the document describes, each with the route that it is read by.</summary>
    public static IReadOnlyList<(MethodInfo Function, HttpTriggerAttribute Trigger, ApiRoute Route)> Functions { get; } =
    [
        .. from type in typeof(ApiDocument).Assembly.GetTypes()
           from function in type.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly)
           where function.GetCustomAttribute<FunctionAttribute>() is not null
           let trigger = function.GetParameters().Select(parameter => parameter.GetCustomAttribute<HttpTriggerAttribute>()).FirstOrDefault(found => found is not null)
           let route = type.GetField($"{function.Name}Route", BindingFlags.Static | BindingFlags.NonPublic)?.GetValue(null) as ApiRoute
           where trigger is not null && route is not null
           orderby trigger.Route
           select (function, trigger, route),
    ];

    /// <summary>The document.</summary>
    /// <param name="version">Of the app.</param>
    public static JsonObject Make(string version)
    {
        var schemas = new ApiSchemas();
        var paths = new JsonObject();
        var tags = new SortedDictionary<string, string?>(StringComparer.Ordinal);
        foreach (var (function, trigger, route) in Functions)
        {
            var path = PathOf(trigger);
            var operations = paths[path] as JsonObject ?? [];
            paths[path] = operations;
            foreach (var method in route.Methods ?? trigger.Methods!)
            {
                operations[method] = Operation(function, path, method, route, schemas);
            }

            tags[TagOf(function)] = DocumentedWords.Of(function.DeclaringType!);
        }

        return new JsonObject
        {
            ["openapi"] = "3.1.1",
            ["info"] = new JsonObject
            {
                ["title"] = "RagFunctions",
                ["version"] = version,
                ["description"] =
                    "Keeps the search index of sellers' accounts (cabinets) right while their data change, and searches it. Times are ISO 8601, durations and money say their unit in the name. "
                    + $"Errors are problems (RFC 9457). {ApiGate.CorrelationHeader} ties an answer to the lines of the log: the caller's own is kept if it is 1 to 64 characters of A-Z a-z 0-9 . _ -.",
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/" }),
            ["tags"] = new JsonArray([.. tags.Select(tag => (JsonNode)new JsonObject { ["name"] = tag.Key, ["description"] = tag.Value ?? "" })]),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["securitySchemes"] = new JsonObject
                {
                    ["key"] = new JsonObject
                    {
                        ["type"] = "apiKey",
                        ["in"] = "header",
                        ["name"] = ApiGate.KeyHeader,
                        ["description"] = "The caller's key, once. An operator's opens everything, others the cabinets that they are limited to.",
                    },
                },
                ["headers"] = new JsonObject
                {
                    [ApiGate.CorrelationHeader] = Header("Leads to the lines of the log.", "string"),
                    ["Location"] = Header("Where the status is.", "string"),
                    ["Retry-After"] = Header("Seconds to wait before asking again.", "integer"),
                },
                ["schemas"] = schemas.Take(),
            },
        };
    }

    /// <summary>The path as callers know it: <c>cabinetId</c> of a trigger is <c>cabinet_id</c> on the wire.</summary>
    public static string PathOf(HttpTriggerAttribute trigger) =>
        "/" + Camel().Replace(trigger.Route!, match => $"{match.Groups[1].Value}_{match.Groups[2].Value.ToLowerInvariant()}");

    private static string TagOf(MethodInfo function) => function.DeclaringType!.Name.Replace("Api", "", StringComparison.Ordinal);

    private static JsonObject Header(string meaning, string type) =>
        new() { ["description"] = meaning, ["schema"] = new JsonObject { ["type"] = type } };

    private static JsonObject Operation(MethodInfo function, string path, string method, ApiRoute route, ApiSchemas schemas)
    {
        var operation = new JsonObject
        {
            ["tags"] = new JsonArray(TagOf(function)),
            ["operationId"] = function.Name,
            ["summary"] = DocumentedWords.Of(function) ?? function.Name,
            ["security"] = route.Key == RouteKey.None ? [] : new JsonArray(new JsonObject { ["key"] = new JsonArray() }),
        };
        if (route.Key == RouteKey.Operator)
        {
            operation["description"] = "Only for an operator's key.";
        }

        if (Parameters(path, route) is { Count: > 0 } parameters)
        {
            operation["parameters"] = parameters;
        }

        if (route.Body is { } body)
        {
            operation["requestBody"] = new JsonObject
            {
                ["required"] = !body.IsOptional,
                ["content"] = new JsonObject
                {
                    ["application/json"] = new JsonObject
                    {
                        ["schema"] = body.Schema,
                        ["examples"] = Examples(body.Examples.Select(example => (example.Key, (JsonNode?)example.Value.DeepClone()))),
                    },
                },
            };
        }

        operation["responses"] = Responses(path, method, route, schemas);
        return operation;
    }

    private static JsonArray Parameters(string path, ApiRoute route) =>
    [
        .. InPath().Matches(path).Select(match => match.Groups[1].Value).Select(name => (JsonNode)new JsonObject
        {
            ["name"] = name,
            ["in"] = "path",
            ["required"] = true,
            ["schema"] = name == "run_id" ? new JsonObject { ["type"] = "string", ["format"] = "uuid" } : ApiValues.Integer(long.MaxValue).Schema,
        }),
        .. (route.Query ?? []).Select(query => (JsonNode)new JsonObject
        {
            ["name"] = query.Name, ["in"] = "query", ["description"] = query.Meaning, ["schema"] = query.Schema,
        }),
    ];

    private static JsonObject Responses(string path, string method, ApiRoute route, ApiSchemas schemas)
    {
        var responses = new JsonObject();
        foreach (var answer in route.Answers)
        {
            var schema = answer.Type == typeof(string) ? new JsonObject { ["type"] = "string" } : schemas.Reference(answer.Type);
            responses[$"{answer.Status}"] = Response(
                answer.Meaning, answer.MediaType, schema, answer.Status == 202 && path.Contains("cabinet_id", StringComparison.Ordinal) ? "Location" : null,
                [(answer.Meaning, JsonSerializer.SerializeToNode(answer.Example, ApiJson.Options))]);
        }

        foreach (var refusals in Refusals(path, method, route).GroupBy(refusal => refusal.Status).OrderBy(group => group.Key))
        {
            responses[$"{refusals.Key}"] = Response(
                string.Join(" ", refusals.Select(refusal => refusal.Meaning)), Problem.ContentType, schemas.Reference(typeof(Problem)),
                refusals.Any(refusal => refusal.Meaning.Contains("Retry-After", StringComparison.Ordinal)) ? "Retry-After" : null,
                refusals.Select(refusal => (refusal.Meaning, JsonSerializer.SerializeToNode(Problem.Example(refusal.Status, refusal.Detail), ApiJson.Options))));
        }

        return responses;
    }

    private static IEnumerable<ApiRefusal> Refusals(string path, string method, ApiRoute route)
    {
        IEnumerable<ApiRefusal> usual = route.Key == RouteKey.None ? [ApiRefusals.Unforeseen] : [.. ApiRefusals.Keys(route.Key), ApiRefusals.Unforeseen, ApiRefusals.Outage];
        if (path.Contains('{', StringComparison.Ordinal))
        {
            usual = usual.Append(ApiRefusals.Path);
        }

        if (route.Query is not null)
        {
            usual = usual.Append(ApiRefusals.Query);
        }

        if (HttpMethods.IsPost(method) && route.Body is not { IsReadByLibrary: true })
        {
            usual = usual.Concat(ApiRefusals.Bodies(route.Body is not null));
        }

        return usual.Concat(route.Refusals);
    }

    private static JsonObject Response(
        string meaning, string type, JsonObject schema, string? header, IEnumerable<(string Name, JsonNode? Value)> examples)
    {
        string[] headers = header is null ? [ApiGate.CorrelationHeader] : [ApiGate.CorrelationHeader, header];
        return new JsonObject
        {
            ["description"] = meaning,
            ["headers"] = new JsonObject([.. headers.Select(name => KeyValuePair.Create(name, (JsonNode?)new JsonObject { ["$ref"] = $"#/components/headers/{name}" }))]),
            ["content"] = new JsonObject { [type] = new JsonObject { ["schema"] = schema, ["examples"] = Examples(examples) } },
        };
    }

    // The name of an example is a key with few characters allowed, its summary is not.
    private static JsonObject Examples(IEnumerable<(string Name, JsonNode? Value)> examples) => new([.. examples.Select((example, index) =>
        KeyValuePair.Create($"example-{index + 1}", (JsonNode?)new JsonObject { ["summary"] = example.Name, ["value"] = example.Value }))]);

    [GeneratedRegex("([a-z])([A-Z])")]
    private static partial Regex Camel();

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex InPath();
}
