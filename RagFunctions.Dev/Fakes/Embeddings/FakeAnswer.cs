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

    /// <summary>Values of <c>Retry-After</c>, each in a header of its own.</summary>
    public IReadOnlyList<string> RetryAfters { get; init; } = [];

    /// <summary>The body as it is, in place of an error of OpenAI's form.</summary>
    public string? Body { get; init; }

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

    /// <summary>Status 200 with an error in the body, as gateways send it.</summary>
    public static FakeAnswer ErrorWith200(string code, string message) =>
        new() { Fault = AnswerFault.ErrorBody, Code = code, Message = message };

    /// <summary>Any status with any body.</summary>
    public static FakeAnswer WithBody(int status, string body) => new() { Status = status, Fault = AnswerFault.ErrorBody, Body = body };

    /// <summary>Status 200, or no answer at all, with this fault.</summary>
    public static FakeAnswer With(AnswerFault fault) => new() { Fault = fault };
}

/// <summary>What is wrong with an answer of status 200 or with the connection.</summary>
public enum AnswerFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>All vectors, each with its own index, in another order.</summary>
    Shuffled,

    /// <summary>No <c>index</c> anywhere.</summary>
    WithoutIndex,

    /// <summary>The last index appears twice, the first one not at all.</summary>
    RepeatedIndex,

    /// <summary>An index beyond the inputs.</summary>
    ForeignIndex,

    /// <summary>The last vector is left out.</summary>
    FewerVectors,

    /// <summary>One vector is one number too short.</summary>
    WrongDimension,

    /// <summary>One vector holds a NaN.</summary>
    NaN,

    /// <summary>One vector holds an infinity.</summary>
    Infinity,

    /// <summary>One vector is all zeros.</summary>
    Zeros,

    /// <summary><c>data</c> is an empty array.</summary>
    EmptyArray,

    /// <summary>An error in place of vectors.</summary>
    ErrorBody,

    /// <summary>A page of a proxy.</summary>
    Html,

    /// <summary>The body ends in the middle; its length header agrees.</summary>
    HalfJson,

    /// <summary>No answer until the client gives up; the work is done and on the bill.</summary>
    Hang,

    /// <summary>The connection is cut before an answer.</summary>
    Cut,
}
