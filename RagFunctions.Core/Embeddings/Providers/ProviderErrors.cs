using System.ClientModel.Primitives;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace RagFunctions.Core.Embeddings.Providers;

/// <summary>Reads an error answer: which trouble it is, how long to wait, and the provider's own words without secrets.</summary>
public static class ProviderErrors
{
    private const string InsufficientQuota = "insufficient_quota";

    private static readonly string[] StopNames =
        [InsufficientQuota, "invalid_api_key", "authentication_error", "permission_denied", "permission_error", "model_not_found", "DeploymentNotFound"];

    private static readonly string[] RefuseNames =
        ["invalid_request_error", "context_length_exceeded", "string_above_max_length", "BadRequestError", "Validation"];

    /// <summary>What a status and the names in the body ask for.</summary>
    public static ProviderTrouble TroubleOf(int status, ErrorBody body) => status switch
    {
        429 when body.Names(InsufficientQuota) => ProviderTrouble.Stop,
        400 or 413 or 422 => ProviderTrouble.Refuse,

        // 424: text-embeddings-inference, when the model behind it fails.
        408 or 409 or 424 or 425 or 429 => ProviderTrouble.Wait,
        >= 500 => ProviderTrouble.Wait,
        _ => ProviderTrouble.Stop,
    };

    /// <summary>The exception for an answer whose status is not 2xx.</summary>
    /// <param name="response">The answer, read whole.</param>
    /// <param name="secret">A configured key that the body might echo.</param>
    /// <param name="now">For a <c>Retry-After</c> that names a date.</param>
    public static EmbeddingProviderException FromResponse(PipelineResponse response, string? secret, DateTimeOffset now)
    {
        var body = ErrorBody.Read(response.Content.ToMemory());
        return new EmbeddingProviderException(
            TroubleOf(response.Status, body),
            Message(response.Status, body, body.Text, secret),
            RetryAfterHeaders.Read(response.Headers, now),
            status: response.Status);
    }

    /// <summary>
    /// The exception for an answer of status 200 that is an error all the same: gateways answer like that. What names no error at all (a
    /// proxy's page, an empty list) is an outage, and nobody knows whether it is on the bill.
    /// </summary>
    /// <param name="response">The answer, read whole.</param>
    /// <param name="why">What it lacks, where the body has no words.</param>
    /// <param name="secret">A configured key that the body might echo.</param>
    /// <param name="now">For a <c>Retry-After</c> that names a date.</param>
    public static EmbeddingProviderException FromSuccess(PipelineResponse response, string why, string? secret, DateTimeOffset now)
    {
        var body = ErrorBody.Read(response.Content.ToMemory());
        var trouble = body.Status is { } status ? TroubleOf(status, body)
            : body.Names(StopNames) ? ProviderTrouble.Stop
            : body.Names(RefuseNames) ? ProviderTrouble.Refuse
            : ProviderTrouble.Wait;
        return new EmbeddingProviderException(
            trouble,
            Message(response.Status, body, body.Text is { } text ? $"{why}: {text}" : why, secret),
            RetryAfterHeaders.Read(response.Headers, now),
            status: response.Status,
            lostTries: body.IsError ? 0 : 1)
        {
            IsNameless = !body.IsError,
        };
    }

    /// <summary>Whether another try may help: the waits, except an exhausted quota.</summary>
    public static bool MayRetry(PipelineResponse response) =>
        TroubleOf(response.Status, response.Status == 429 ? ErrorBody.Read(response.Content.ToMemory()) : ErrorBody.None) == ProviderTrouble.Wait;

    private static string Message(int status, ErrorBody body, string? text, string? secret)
    {
        var message = new StringBuilder("the embeddings provider answered ").Append(status.ToString(CultureInfo.InvariantCulture));
        if ((body.Code ?? body.Type) is { } name)
        {
            message.Append(" (").Append(SecretRedaction.Redact(name, secret)).Append(')');
        }

        if (!string.IsNullOrWhiteSpace(text))
        {
            message.Append(": ").Append(SecretRedaction.Redact(text, secret));
        }

        return message.ToString();
    }
}

/// <summary>The names and words of an error, whichever server wrote it.</summary>
/// <param name="Code">Its code, where it is a word.</param>
/// <param name="Type">Its type.</param>
/// <param name="Status">Its code, where it is an HTTP status: gateways that answer 200 put it there.</param>
/// <param name="Text">What it says.</param>
/// <param name="IsError">The body calls itself an error; false: a page, or JSON of another kind.</param>
public sealed partial record ErrorBody(string? Code, string? Type, int? Status, string? Text, bool IsError)
{
    // Enough for what a page says at its beginning.
    private const int LongestPage = 8_192;

    /// <summary>Nothing is known.</summary>
    public static ErrorBody None { get; } = new(null, null, null, null, IsError: false);

    /// <summary>Its code, or where that is no word its type, is one of these.</summary>
    public bool Names(params ReadOnlySpan<string> names) => ((Status is null ? Code : null) ?? Type) is { } name && names.Contains(name);

    /// <summary>
    /// Reads <c>{"error":{"code","type","message"}}</c> (OpenAI, Azure, Ollama, LiteLLM), <c>{"error":"text","error_type"}</c> and
    /// <c>{"message","type","code"}</c> (text-embeddings-inference, vLLM), <c>{"detail"}</c> (FastAPI); of anything else the plain words.
    /// </summary>
    public static ErrorBody Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var root = json.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return None;
            }

            if (root.TryGetProperty("error", out var error) && error.ValueKind is JsonValueKind.Object or JsonValueKind.String)
            {
                return error.ValueKind == JsonValueKind.Object
                    ? Of(error, TextOf(error, "message"))
                    : Of(root, error.GetString()) with { Type = TextOf(root, "error_type") };
            }

            return (TextOf(root, "message") ?? Detail(root)) is { } text ? Of(root, text) : None;
        }
        catch (JsonException)
        {
            return None with { Text = Words(body) };
        }
    }

    private static ErrorBody Of(JsonElement error, string? text)
    {
        var code = error.TryGetProperty("code", out var value)
            ? value.ValueKind switch
            {
                JsonValueKind.String => value.GetString(),
                JsonValueKind.Number => value.GetRawText(),
                _ => null,
            }
            : null;
        int? status = int.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 400 and < 600 ? number : null;
        return new ErrorBody(code, TextOf(error, "type"), status, text, IsError: true);
    }

    private static string? Detail(JsonElement root) => !root.TryGetProperty("detail", out var detail) ? null : detail.ValueKind switch
    {
        JsonValueKind.String => detail.GetString(),
        JsonValueKind.Array => string.Join(
            "; ", detail.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.Object).Select(item => TextOf(item, "msg")).OfType<string>()),
        _ => null,
    };

    private static string? TextOf(JsonElement error, string name) =>
        error.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string? Words(ReadOnlyMemory<byte> body)
    {
        var text = Encoding.UTF8.GetString(body.Span[..Math.Min(body.Length, LongestPage)]);
        text = Markup().Replace(text, " ").Trim();
        return text.Length == 0 ? null : text;
    }

    [GeneratedRegex(@"<(style|script)\b.*?</\1>|<[^>]*>", RegexOptions.Singleline | RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Markup();
}

/// <summary>What an error of the provider asks for. A closed set: every status and every failure is one of these.</summary>
public enum ProviderTrouble
{
    /// <summary>Try later, everything as it is: 408, 409, 424, 425, 429, 5xx, timeout, network.</summary>
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
/// <param name="lostTries">How many tries were sent and have no answer that says whether they are paid.</param>
public sealed class EmbeddingProviderException(
    ProviderTrouble trouble, string message, TimeSpan? retryAfter = null, Exception? inner = null, int? status = null, int lostTries = 0)
    : Exception(message, inner)
{
    /// <summary>What follows from it.</summary>
    public ProviderTrouble Trouble { get; } = trouble;

    /// <summary>How long the provider asks to wait, if it says so.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>The HTTP status, if there was an answer.</summary>
    public int? Status { get; } = status;

    /// <summary>How many tries were sent and have no answer that says whether they are paid.</summary>
    public int LostTries { get; } = lostTries;

    /// <summary>A success without vectors and without an error: it may be an outage, or be due to a text (a firewall's page).</summary>
    public bool IsNameless { get; init; }
}
