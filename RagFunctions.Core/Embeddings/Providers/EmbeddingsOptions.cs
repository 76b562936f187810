using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace RagFunctions.Core.Embeddings.Providers;

/// <summary>Which embedder, and how it may be used. Checked at start by <see cref="EmbeddingsOptionsValidator"/>.</summary>
public sealed class EmbeddingsOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Embeddings";

    /// <summary>The section of the embedder that the index is changing to.</summary>
    public const string NextSection = "Embeddings:Next";

    /// <summary>The name of the options of that section.</summary>
    public const string NextName = "Next";

    /// <summary>The most inputs OpenAI and Azure OpenAI take in one request.</summary>
    public const int ProviderMaxInputs = 2_048;

    /// <summary>The most tokens OpenAI and Azure OpenAI take in one request, all inputs together.</summary>
    public const int ProviderMaxTokens = 300_000;

    /// <summary>The most tokens OpenAI and Azure OpenAI take in one input.</summary>
    public const int ProviderMaxTokensPerInput = 8_191;

    /// <summary><c>azure</c>, <c>openai</c> or <c>offline</c>.</summary>
    public EmbeddingsProvider Provider { get; set; } = EmbeddingsProvider.Azure;

    /// <summary>Azure: <c>https://NAME.openai.azure.com/</c>. OpenAI: the base URL up to and including <c>/v1</c>.</summary>
    public string? Endpoint { get; set; }

    /// <summary>Azure only: the name of the deployment. The index is bound to <see cref="Model"/>, never to this name.</summary>
    public string? Deployment { get; set; }

    /// <summary>The model; recorded in the index with its first vector, after which no other model is accepted.</summary>
    public string Model { get; set; } = "text-embedding-3-small";

    /// <summary>A key instead of the managed identity (Azure), or the bearer token (OpenAI; may be empty for a local endpoint).</summary>
    public string? ApiKey { get; set; }

    /// <summary>Length of a vector: that of the index, which <c>rag model switch</c> changes.</summary>
    public int Dimensions { get; set; } = 1_536;

    /// <summary>
    /// Whether the length is asked for in each request. Null: only of models that are known to take it (text-embedding-3-*); others give
    /// vectors of their own length, and many servers refuse the question.
    /// </summary>
    public bool? SendDimensions { get; set; }

    /// <summary>Plain http to another machine. Texts and the key travel readable: only inside a network that is trusted.</summary>
    public bool AllowHttp { get; set; }

    /// <summary>What stands before a question that is embedded, such as <c>query: </c> for the models of the E5 family.</summary>
    public string QueryPrefix { get; set; } = "";

    /// <summary>What stands before a text of the index, such as <c>passage: </c>. The index is bound to it as to the model.</summary>
    public string PassagePrefix { get; set; } = "";

    /// <summary>Texts per request, 1…2,048.</summary>
    public int MaxInputsPerRequest { get; set; } = 256;

    /// <summary>Tokens per request by estimate, 1…300,000. Small requests smooth the use of a per-minute quota.</summary>
    public int MaxTokensPerRequest { get; set; } = 40_000;

    /// <summary>Into how many requests the planner spreads work that would fit into fewer, because that many run at once.</summary>
    public int ParallelRequests { get; set; } = 8;

    /// <summary>What the provider takes in a minute, from its quota; 0: not known, and then large runs are not held back for small ones.</summary>
    public int TokensPerMinute { get; set; }

    /// <summary>The share of <see cref="TokensPerMinute"/> that large runs (first indexes, rebuilds) may use, all together; more than 0, at most 1.</summary>
    public double LargeRunsShare { get; set; } = 0.8;

    /// <summary>US dollars per million tokens; 0.02 is the list price of text-embedding-3-small.</summary>
    public decimal PricePerMillionTokens { get; set; } = 0.02m;

    /// <summary>Seconds that one request may take with all its retries; what is left after that is a wait told to the caller.</summary>
    public double RequestBudgetSeconds { get; set; } = 30;

    /// <summary>Milliseconds before the first retry when the provider names no time; doubled for each further one, with jitter.</summary>
    public double RetryDelayMilliseconds { get; set; } = 500;

    /// <summary>The name under which vectors are stored.</summary>
    public string ModelName => Provider == EmbeddingsProvider.Offline ? OfflineEmbeddingGenerator.ModelName : Model;

    /// <summary>Whether requests name the length of the vectors.</summary>
    public bool SendsDimensions => SendDimensions ?? Model.Contains("text-embedding-3", StringComparison.OrdinalIgnoreCase);

    /// <summary>What so many tokens cost, in US dollars.</summary>
    public decimal PriceOf(long tokens) => tokens * PricePerMillionTokens / 1_000_000m;

    /// <summary>Whether the settings name a next embedder.</summary>
    internal static bool HasNext(IConfiguration configuration) => configuration.GetSection(NextSection).Exists();

    /// <summary>
    /// Reads <c>Embeddings:Next:*</c>. What it leaves out is as in <c>Embeddings:*</c>, but for what belongs to a model (name, length,
    /// deployment, prefixes, price) and, where it names a provider or an endpoint, for the way there: no key goes to another server.
    /// </summary>
    internal static void BindNext(IConfiguration configuration, EmbeddingsOptions next)
    {
        configuration.GetSection(Section).Bind(next);
        var own = configuration.GetSection(NextSection);
        if (own[nameof(Provider)] is not null || own[nameof(Endpoint)] is not null)
        {
            (next.Endpoint, next.ApiKey, next.AllowHttp) = (null, null, false);
        }

        (next.Model, next.Dimensions, next.Deployment, next.SendDimensions) = ("", 0, null, null);
        (next.QueryPrefix, next.PassagePrefix, next.PricePerMillionTokens) = ("", "", -1);
        own.Bind(next);
        if (next is { Provider: EmbeddingsProvider.Offline, PricePerMillionTokens: -1 })
        {
            next.PricePerMillionTokens = 0;
        }
    }
}

/// <summary>Who makes vectors from texts.</summary>
public enum EmbeddingsProvider
{
    /// <summary>Azure OpenAI: a deployment at an endpoint of its own, by managed identity or key.</summary>
    Azure,

    /// <summary>OpenAI, or any endpoint that speaks its <c>POST /embeddings</c>.</summary>
    OpenAI,

    /// <summary>Feature hashing on this machine. Not semantic: it finds shared words and word forms, nothing else.</summary>
    Offline,
}

/// <summary>Names every wrong setting at once, as it is written in configuration. Never prints a value that may be secret.</summary>
public sealed class EmbeddingsOptionsValidator : IValidateOptions<EmbeddingsOptions>
{
    // pgvector's vector type holds at most this many.
    private const int MaxDimensions = 16_000;

    // A prefix is sent with each text and paid each time; it is a word or an instruction, not a page.
    private const int MaxPrefix = 500;

    /// <inheritdoc />
    public ValidateOptionsResult Validate(string? name, EmbeddingsOptions options)
    {
        if (name == EmbeddingsOptions.NextName)
        {
            return ValidateOptionsResult.Skip;
        }

        var errors = Errors(options).ToList();
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    internal static IEnumerable<string> Errors(EmbeddingsOptions options)
    {
        if (!Enum.IsDefined(options.Provider))
        {
            yield return "Embeddings:Provider must be azure, openai or offline.";
        }

        if (options.Provider == EmbeddingsProvider.Azure && string.IsNullOrWhiteSpace(options.Endpoint))
        {
            yield return "Embeddings:Endpoint is missing: Embeddings:Provider azure needs https://NAME.openai.azure.com/.";
        }

        if (options.Provider == EmbeddingsProvider.Azure && string.IsNullOrWhiteSpace(options.Deployment))
        {
            yield return "Embeddings:Deployment is missing: Embeddings:Provider azure needs the name of the deployment.";
        }

        if (options.Provider != EmbeddingsProvider.Offline && !string.IsNullOrWhiteSpace(options.Endpoint) && !IsEndpoint(options.Endpoint, options.AllowHttp))
        {
            yield return "Embeddings:Endpoint must be an absolute https URL without user, query or fragment (http only on this machine, or with Embeddings:AllowHttp=true).";
        }

        if (options.Provider != EmbeddingsProvider.Offline && string.IsNullOrWhiteSpace(options.Model))
        {
            yield return "Embeddings:Model is missing: the index is bound to the name of the model.";
        }

        if (options.QueryPrefix.Length > MaxPrefix || options.PassagePrefix.Length > MaxPrefix)
        {
            yield return $"Embeddings:QueryPrefix and Embeddings:PassagePrefix may have {MaxPrefix} characters.";
        }

        if (OutOf(options.Dimensions, 1, MaxDimensions) is { } dimensions)
        {
            yield return $"Embeddings:Dimensions {dimensions}";
        }

        if (OutOf(options.MaxInputsPerRequest, 1, EmbeddingsOptions.ProviderMaxInputs) is { } inputs)
        {
            yield return $"Embeddings:MaxInputsPerRequest {inputs}";
        }

        if (OutOf(options.MaxTokensPerRequest, 1, EmbeddingsOptions.ProviderMaxTokens) is { } tokens)
        {
            yield return $"Embeddings:MaxTokensPerRequest {tokens}";
        }

        if (OutOf(options.ParallelRequests, 1, 64) is { } parallel)
        {
            yield return $"Embeddings:ParallelRequests {parallel}";
        }

        if (options.TokensPerMinute < 0)
        {
            yield return "Embeddings:TokensPerMinute must not be negative; 0 means that the quota is not known.";
        }

        if (options.LargeRunsShare is not (> 0 and <= 1))
        {
            yield return "Embeddings:LargeRunsShare must be more than 0 and at most 1.";
        }

        if (options.PricePerMillionTokens < 0)
        {
            yield return "Embeddings:PricePerMillionTokens must not be negative.";
        }

        if (options.RequestBudgetSeconds is not (> 0 and <= 300))
        {
            yield return "Embeddings:RequestBudgetSeconds must be more than 0 and at most 300.";
        }

        if (options.RetryDelayMilliseconds is not (>= 0 and <= 60_000))
        {
            yield return "Embeddings:RetryDelayMilliseconds must be between 0 and 60000.";
        }
    }

    private static string? OutOf(int value, int min, int max) =>
        value >= min && value <= max ? null : $"must be between {min} and {max}; it is {value}.";

    private static bool IsEndpoint(string text, bool allowHttp) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && (allowHttp || uri.IsLoopback)))
        && uri.UserInfo.Length == 0 && uri.Query.Length == 0 && uri.Fragment.Length == 0;
}

/// <summary>The same for <c>Embeddings:Next:*</c>, where there is such a section.</summary>
internal sealed class NextEmbeddingsOptionsValidator(IConfiguration configuration) : IValidateOptions<EmbeddingsOptions>
{
    /// <inheritdoc />
    public ValidateOptionsResult Validate(string? name, EmbeddingsOptions options)
    {
        if (name != EmbeddingsOptions.NextName || !EmbeddingsOptions.HasNext(configuration))
        {
            return ValidateOptionsResult.Skip;
        }

        var errors = EmbeddingsOptionsValidator.Errors(options)
            .Select(error => options.PricePerMillionTokens == -1 && error.Contains("PricePerMillionTokens", StringComparison.Ordinal)
                ? "Embeddings:PricePerMillionTokens is missing: the estimate, the bill and the budgets count by it; 0 where nothing is paid."
                : error)
            .Select(error => error.Replace("Embeddings:", EmbeddingsOptions.NextSection + ":", StringComparison.Ordinal))
            .ToList();
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
