using System.ClientModel.Primitives;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace RagFunctions.Core.Embeddings.Providers;

/// <summary>Reads an error answer: which trouble it is, how long to wait, and a message without secrets.</summary>
public static class ProviderErrors
{
    private const string InsufficientQuota = "insufficient_quota";

    /// <summary>What a status and the error code in the body ask for.</summary>
    public static ProviderTrouble TroubleOf(int status, string? code) => status switch
    {
        429 when code == InsufficientQuota => ProviderTrouble.Stop,
        400 or 413 or 422 => ProviderTrouble.Refuse,
        408 or 409 or 425 or 429 => ProviderTrouble.Wait,
        >= 500 => ProviderTrouble.Wait,
        _ => ProviderTrouble.Stop,
    };

    /// <summary>The exception for an answer whose status is not 2xx.</summary>
    /// <param name="response">The answer, read whole.</param>
    /// <param name="secret">A configured key that the body might echo.</param>
    /// <param name="now">For a <c>Retry-After</c> that names a date.</param>
    public static EmbeddingProviderException FromResponse(PipelineResponse response, string? secret, DateTimeOffset now)
    {
        var (code, text) = ReadBody(response.Content);
        var message = new StringBuilder("the embeddings provider answered ").Append(response.Status.ToString(CultureInfo.InvariantCulture));
        if (code is not null)
        {
            message.Append(" (").Append(SecretRedaction.Redact(code, secret)).Append(')');
        }

        if (text is not null)
        {
            message.Append(": ").Append(SecretRedaction.Redact(text, secret));
        }

        return new EmbeddingProviderException(
            TroubleOf(response.Status, code), message.ToString(), RetryAfterHeaders.Read(response.Headers, now), status: response.Status);
    }

    /// <summary>Whether another try may help: the waits, except an exhausted quota.</summary>
    public static bool MayRetry(PipelineResponse response) =>
        TroubleOf(response.Status, response.Status == 429 ? ReadBody(response.Content).Code : null) == ProviderTrouble.Wait;

    // {"error":{"code":…,"type":…,"message":…}} of OpenAI and Azure, or {"error":"text"} of some compatible servers; anything else says nothing.
    private static (string? Code, string? Text) ReadBody(BinaryData body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            if (json.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty("error", out var error))
            {
                return default;
            }

            if (error.ValueKind == JsonValueKind.String)
            {
                return (null, error.GetString());
            }

            return error.ValueKind == JsonValueKind.Object
                ? (TextOf(error, "code") ?? TextOf(error, "type"), TextOf(error, "message"))
                : default;
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private static string? TextOf(JsonElement error, string name) =>
        error.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

/// <summary>What an error of the provider asks for. A closed set: every status and every failure is one of these.</summary>
public enum ProviderTrouble
{
    /// <summary>Try later, everything as it is: 408, 409, 425, 429, 5xx, timeout, network.</summary>
    Wait,

    /// <summary>No request can succeed until somebody changes the configuration: 401, 403, 404, exhausted quota, other 3xx and 4xx.</summary>
    Stop,

    /// <summary>This request is not taken, another one may be: 400, 413, 422.</summary>
    Refuse,
}

/// <summary>The provider did not answer with vectors.</summary>
/// <param name="trouble">What follows from it.</param>
/// <param name="message">For the operator; without secrets.</param>
/// <param name="retryAfter">How long the provider asks to wait, if it says so.</param>
/// <param name="inner">The cause.</param>
/// <param name="status">The HTTP status, if there was an answer.</param>
public sealed class EmbeddingProviderException(
    ProviderTrouble trouble, string message, TimeSpan? retryAfter = null, Exception? inner = null, int? status = null) : Exception(message, inner)
{
    /// <summary>What follows from it.</summary>
    public ProviderTrouble Trouble { get; } = trouble;

    /// <summary>How long the provider asks to wait, if it says so.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>The HTTP status, if there was an answer.</summary>
    public int? Status { get; } = status;
}
