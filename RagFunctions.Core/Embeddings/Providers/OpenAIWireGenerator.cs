using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text.Encodings.Web;
using System.Text.Json;
using Azure.Identity;
using Microsoft.Extensions.AI;
using EmbeddingClient = OpenAI.Embeddings.EmbeddingClient;

namespace RagFunctions.Core.Embeddings.Providers;

/// <summary>
/// Vectors from Azure OpenAI or an OpenAI-compatible endpoint, over the client's protocol method. The typed one lets nobody count the tries of
/// one request, which are booked; it loses what a page in the place of an answer says, and when to come back; and it sends each Cyrillic letter
/// as six bytes (docs/decisions/0010).
/// </summary>
/// <remarks>
/// The length and base64 are asked for. A server that refuses either is asked again without it, and this is remembered as long as the
/// process lives.
/// </remarks>
public sealed class OpenAIWireGenerator(EmbeddingClient client, EmbeddingsOptions settings, TimeProvider time)
    : IEmbeddingGenerator<string, Embedding<float>>
{
    private static readonly JsonWriterOptions Readable = new()
    {
        // Cyrillic as it is: escaped it would be three times the bytes. The body is no HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private volatile Question _question = new(settings.SendsDimensions, AsBase64: true);

    /// <summary>One request, retried by the client's policy.</summary>
    /// <exception cref="EmbeddingProviderException">The provider answered with an error, or not at all.</exception>
    /// <exception cref="EmbeddingAnswerException">It answered, but not with one sound vector for each text.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        var texts = values as IReadOnlyList<string> ?? [.. values];
        if (texts.Count == 0)
        {
            return [];
        }

        var answer = await AskAsync(texts, cancellationToken);
        var embeddings = new GeneratedEmbeddings<Embedding<float>>(texts.Count)
        {
            Usage = new UsageDetails { InputTokenCount = answer.Tokens, TotalTokenCount = answer.Tokens },
        };
        foreach (var vector in answer.Vectors)
        {
            embeddings.Add(new Embedding<float>(vector) { ModelId = settings.ModelName });
        }

        return embeddings;
    }

    /// <inheritdoc />
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    /// <inheritdoc />
    public void Dispose()
    {
        // The client's connections belong to the process.
    }

    // At most three times: as it is, without the length, without base64. What is refused is not paid.
    private async Task<EmbeddingAnswer> AskAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        while (true)
        {
            var question = _question;
            try
            {
                return Read(await SendAsync(texts, question, cancellationToken), texts.Count);
            }
            catch (EmbeddingProviderException refusal) when (refusal.Trouble == ProviderTrouble.Refuse && question.Without(refusal.Message) is { } easier)
            {
                _question = easier;
            }
        }
    }

    private EmbeddingAnswer Read(PipelineResponse response, int texts)
    {
        if (response.IsError)
        {
            throw ProviderErrors.FromResponse(response, settings.ApiKey, time.GetUtcNow());
        }

        try
        {
            return EmbeddingAnswerReader.Read(response.Content.ToMemory().Span, texts, settings.Dimensions);
        }
        catch (EmbeddingAnswerException exception) when (exception.Kind == AnswerTrouble.NoVectors)
        {
            throw ProviderErrors.FromSuccess(response, exception.Message, settings.ApiKey, time.GetUtcNow());
        }
    }

    private async Task<PipelineResponse> SendAsync(IReadOnlyList<string> texts, Question question, CancellationToken cancellationToken)
    {
        using var budget = new CancellationTokenSource(TimeSpan.FromSeconds(settings.RequestBudgetSeconds), time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, budget.Token);
        using var content = BinaryContent.Create(Body(texts, question));
        var tries = new TryCounter();
        try
        {
            var options = new RequestOptions { CancellationToken = both.Token, ErrorOptions = ClientErrorBehaviors.NoThrow };
            options.AddPolicy(tries, PipelinePosition.PerTry);
            return (await client.GenerateEmbeddingsAsync(content, options)).GetRawResponse();
        }
        catch (AuthenticationFailedException exception)
        {
            throw new EmbeddingProviderException(
                ProviderTrouble.Stop, $"no identity for the embeddings provider: {SecretRedaction.Redact(exception.Message, settings.ApiKey)}", inner: exception);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested && IsNetwork(exception))
        {
            var what = budget.IsCancellationRequested ? $"gave no answer within {settings.RequestBudgetSeconds} s" : "cannot be reached";
            throw new EmbeddingProviderException(ProviderTrouble.Wait, $"the embeddings provider {what}", inner: exception, lostTries: tries.Lost);
        }
    }

    private BinaryData Body(IReadOnlyList<string> texts, Question question)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Readable))
        {
            json.WriteStartObject();
            json.WriteString("model"u8, settings.Model);
            if (question.AsBase64)
            {
                json.WriteString("encoding_format"u8, "base64"u8);
            }

            if (question.OfLength)
            {
                json.WriteNumber("dimensions"u8, settings.Dimensions);
            }

            json.WriteStartArray("input"u8);
            foreach (var text in texts)
            {
                json.WriteStringValue(text);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return BinaryData.FromBytes(stream.GetBuffer().AsMemory(0, (int)stream.Length));
    }

    // The pipeline gathers the errors of several tries in an AggregateException; a cut answer surfaces as IOException.
    private static bool IsNetwork(Exception exception) => exception switch
    {
        AggregateException many => many.InnerExceptions.All(IsNetwork),
        ClientResultException or HttpRequestException or IOException or OperationCanceledException or TimeoutException => true,
        _ => false,
    };

    /// <summary>What is asked for beside the vectors.</summary>
    private sealed record Question(bool OfLength, bool AsBase64)
    {
        /// <summary>The question without what the provider says that it does not take; null when its words name neither.</summary>
        public Question? Without(string words) =>
            OfLength && (Has(words, "dimension") || Has(words, "matryoshka")) ? this with { OfLength = false }
            : AsBase64 && (Has(words, "encoding_format") || Has(words, "base64")) ? this with { AsBase64 = false }
            : null;

        private static bool Has(string words, string word) => words.Contains(word, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Counts the tries of one request that left this machine and were not answered.</summary>
    private sealed class TryCounter : PipelinePolicy
    {
        public int Lost { get; private set; }

        public override void Process(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex) =>
            throw new NotSupportedException("requests are sent asynchronously");

        public override async ValueTask ProcessAsync(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex)
        {
            try
            {
                await ProcessNextAsync(message, pipeline, currentIndex);
            }
            catch (Exception exception) when (WasSent(exception))
            {
                Lost++;
                throw;
            }
        }

        private static bool WasSent(Exception exception) => (exception as HttpRequestException ?? exception.InnerException as HttpRequestException)
            is not { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError };
    }
}
