using System.Text.Json;

namespace RagFunctions.Dev.Fakes.Embeddings;

/// <summary>What a server of embeddings takes and how it refuses the rest: OpenAI's by default, those of other servers by name.</summary>
public sealed record FakeManners
{
    /// <summary>The model's own length, which an answer has where none is asked for.</summary>
    public int Dimensions { get; init; } = 1_536;

    /// <summary>A length that is asked for is passed over.</summary>
    public bool IgnoresDimensions { get; init; }

    /// <summary>What is said to a request that names a length; null: it is taken.</summary>
    public Func<ReceivedRequest, FakeAnswer>? RefusesDimensions { get; init; }

    /// <summary>Vectors are arrays of numbers, whatever is asked for.</summary>
    public bool IgnoresBase64 { get; init; }

    /// <summary>What is said to a request for base64; null: it is taken.</summary>
    public FakeAnswer? RefusesBase64 { get; init; }

    /// <summary>The most texts in a request.</summary>
    public int? MaxInputs { get; init; }

    /// <summary>What is said to more.</summary>
    public Func<ReceivedRequest, FakeAnswer>? RefusesMany { get; init; }

    /// <summary>The one model there is; null: any name.</summary>
    public string? Model { get; init; }

    /// <summary>What is said to another name.</summary>
    public Func<ReceivedRequest, FakeAnswer>? RefusesModel { get; init; }

    /// <summary>Whether answers say how many tokens there were.</summary>
    public bool CountsTokens { get; init; } = true;

    /// <summary>Ollama with a model that is there: own length, numbers, another model is 404.</summary>
    public static FakeManners Ollama(string model, int dimensions) => new()
    {
        Dimensions = dimensions,
        IgnoresDimensions = true,
        IgnoresBase64 = true,
        Model = model,
        RefusesModel = request => Body(404, new { error = new { message = $"model \"{request.Model}\" not found, try pulling it first", type = "api_error", param = (string?)null, code = (string?)null } }),
    };

    /// <summary>vLLM with a model that is no matryoshka: any length that is named is an error, also the model's own.</summary>
    public static FakeManners Vllm(string model, int dimensions) => new()
    {
        Dimensions = dimensions,
        Model = model,
        RefusesModel = request => Vllm(404, "NotFoundError", $"The model `{request.Model}` does not exist."),
        RefusesDimensions = request => Vllm(
            400, "BadRequestError", $"Model \"{request.Model}\" does not support matryoshka representation, changing output dimensions will lead to poor results."),
    };

    /// <summary>text-embeddings-inference: 32 texts at most, more is 413; any model name; numbers.</summary>
    public static FakeManners TextEmbeddingsInference(int dimensions) => new()
    {
        Dimensions = dimensions,
        IgnoresDimensions = true,
        IgnoresBase64 = true,
        MaxInputs = 32,
        RefusesMany = request => Body(
            413, new { message = $"batch size {request.Inputs.Count} > maximum allowed batch size 32", code = 413, type = "Validation" }),
    };

    /// <summary>LiteLLM before a model that takes neither length nor base64; every error has status 200; tokens are not counted.</summary>
    public static FakeManners LiteLlm(string model, int dimensions) => new()
    {
        Dimensions = dimensions,
        Model = model,
        CountsTokens = false,
        RefusesModel = request => LiteLlm(400, "invalid_request_error", $"/embeddings: Invalid model name passed in model={request.Model}"),
        RefusesDimensions = _ => LiteLlm(400, "invalid_request_error", "Setting dimensions is not supported for this model"),
        RefusesBase64 = LiteLlm(400, "invalid_request_error", "unsupported value of encoding_format: base64"),
    };

    /// <summary>An error as LiteLLM writes it, with status 200.</summary>
    public static FakeAnswer LiteLlm(int code, string type, string message) =>
        FakeAnswer.WithBody(200, JsonSerializer.Serialize(new
        {
            error = new { message = $"litellm.{type}: {message}", type, param = (string?)null, code = code.ToString(System.Globalization.CultureInfo.InvariantCulture) },
        }));

    internal FakeAnswer? Refusal(ReceivedRequest request, bool base64) =>
        Model is not null && request.Model != Model ? RefusesModel?.Invoke(request)
        : request.AskedDimensions is not null && RefusesDimensions is not null ? RefusesDimensions(request)
        : base64 && RefusesBase64 is not null ? RefusesBase64
        : request.Inputs.Count > MaxInputs ? RefusesMany?.Invoke(request)
        : null;

    private static FakeAnswer Vllm(int status, string type, string message) =>
        Body(status, new { @object = "error", message, type, param = (string?)null, code = status });

    private static FakeAnswer Body(int status, object body) => FakeAnswer.WithBody(status, JsonSerializer.Serialize(body));
}
