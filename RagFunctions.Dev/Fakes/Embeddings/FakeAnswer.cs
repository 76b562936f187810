namespace RagFunctions.Dev.Fakes.Embeddings;

/// <summary>How the server answers one request, when not as it should.</summary>
public sealed record FakeAnswer
{
    /// <summary>The HTTP status.</summary>
    public int Status { get; init; } = 200;

    /// <summary>With status 200: what is wrong all the same.</summary>
    public AnswerFault Fault { get; init; }

    /// <summary><c>error.code</c> of an error body.</summary>
    public string Code { get; init; } = "error";

    /// <summary><c>error.message</c> of an error body.</summary>
    public string Message { get; init; } = "something went wrong";

    /// <summary>Additional headers.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>A right answer; in a script it lets one request pass.</summary>
    public static FakeAnswer Right { get; } = new();

    /// <summary>429; with <c>Retry-After</c> in seconds when given.</summary>
    public static FakeAnswer TooManyRequests(double? retryAfterSeconds = null) =>
        Error(429, "rate_limit_exceeded", "Rate limit reached") with
        {
            Headers = retryAfterSeconds is { } seconds
                ? new Dictionary<string, string> { ["Retry-After"] = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture) }
                : new Dictionary<string, string>(),
        };

    /// <summary>429 as OpenAI sends it when the money is used up: no wait will help.</summary>
    public static FakeAnswer InsufficientQuota() => Error(429, "insufficient_quota", "You exceeded your current quota");

    /// <summary>An error status with the usual body.</summary>
    public static FakeAnswer Error(int status, string code = "error", string message = "something went wrong") =>
        new() { Status = status, Code = code, Message = message };

    /// <summary>Status 200, or no answer at all, with this fault.</summary>
    public static FakeAnswer With(AnswerFault fault) => new() { Fault = fault };
}
