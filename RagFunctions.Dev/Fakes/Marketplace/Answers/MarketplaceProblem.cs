using Microsoft.AspNetCore.WebUtilities;

namespace RagFunctions.Dev.Fakes.Marketplace.Answers;

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
