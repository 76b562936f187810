using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace RagFunctions.Dev.Fakes.Marketplace.Answers;

/// <summary>Status and body of an answer.</summary>
internal sealed record Answer(int Status, byte[] Body, string ContentType)
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>204: there is nothing.</summary>
    public static Answer NoContent { get; } = new(204, [], "application/json");

    /// <summary>200 with what <paramref name="write"/> writes.</summary>
    public static Answer Json(Action<Utf8JsonWriter> write) => Json(200, "application/json", write);

    /// <summary>Another status.</summary>
    public static Answer Json(int status, string type, Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Plain))
        {
            write(writer);
        }

        return new Answer(status, stream.ToArray(), type);
    }
}

/// <summary>An answer 4xx, from where it is found out.</summary>
/// <param name="status">The status.</param>
/// <param name="title">What is wrong.</param>
/// <param name="detail">More about it.</param>
internal sealed class Refusal(int status, string title, string detail) : Exception($"{title}: {detail}")
{
    /// <summary>The status.</summary>
    public int Status { get; } = status;

    /// <summary>What is wrong.</summary>
    public string Title { get; } = title;

    /// <summary>More about it.</summary>
    public string Detail { get; } = detail;

    /// <summary>400.</summary>
    public static Refusal BadRequest(string detail) => new(400, "bad request", detail);

    /// <summary>404.</summary>
    public static Refusal NotFound(string detail) => new(404, "not found", detail);
}

/// <summary>Errors as the marketplace writes them.</summary>
internal static class MarketplaceProblem
{
    /// <summary><c>application/problem+json</c>.</summary>
    public static Answer Json(int status, string title, string detail, MarketplaceHost host, DateTimeOffset now) =>
        Answer.Json(status, "application/problem+json", writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("title", title);
            writer.WriteString("detail", detail);
            writer.WriteString("code", title.Replace(' ', '-'));
            writer.WriteString("requestId", $"{now.UtcTicks:x}");
            writer.WriteString("origin", $"s2s-api-auth-{host.ToString().ToLowerInvariant()}");
            writer.WriteNumber("status", status);
            writer.WriteString("statusText", ReasonPhrases.GetReasonPhrase(status));
            writer.WriteString("timestamp", WireTime.Utc(now));
            writer.WriteEndObject();
        });

    /// <summary>What the statistics host answers to a bad request.</summary>
    public static Answer StatisticsErrors(string detail) => Answer.Json(400, "application/json", writer =>
    {
        writer.WriteStartObject();
        writer.WriteStartArray("errors");
        writer.WriteStringValue(detail);
        writer.WriteEndArray();
        writer.WriteEndObject();
    });
}
