using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text.Encodings.Web;
using System.Text.Json;
using Azure.Identity;
using Microsoft.Extensions.AI;
using EmbeddingClient = OpenAI.Embeddings.EmbeddingClient;

namespace RagFunctions.Core.Embeddings.Providers;

/// <summary>
/// Vectors from Azure OpenAI or an OpenAI-compatible endpoint, over the client's protocol method: the typed one drops <c>index</c>
/// and pairs wrongly when an answer is shuffled.
/// </summary>
public sealed class OpenAIWireGenerator(EmbeddingClient client, EmbeddingsOptions settings, TimeProvider time)
    : IEmbeddingGenerator<string, Embedding<float>>
{
    private static readonly JsonWriterOptions Readable = new()
    {
        // Cyrillic as it is: escaped it would be three times the bytes. The body is no HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

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

        var answer = EmbeddingAnswerReader.Read((await SendAsync(texts, cancellationToken)).Span, texts.Count, settings.Dimensions);
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

    private async Task<ReadOnlyMemory<byte>> SendAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        using var budget = new CancellationTokenSource(TimeSpan.FromSeconds(settings.RequestBudgetSeconds), time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, budget.Token);
        using var content = BinaryContent.Create(Body(texts));
        PipelineResponse response;
        try
        {
            var result = await client.GenerateEmbeddingsAsync(
                content, new RequestOptions { CancellationToken = both.Token, ErrorOptions = ClientErrorBehaviors.NoThrow });
            response = result.GetRawResponse();
        }
        catch (AuthenticationFailedException exception)
        {
            throw new EmbeddingProviderException(
                ProviderTrouble.Stop, $"no identity for the embeddings provider: {SecretRedaction.Redact(exception.Message, settings.ApiKey)}", inner: exception);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested && IsNetwork(exception))
        {
            var what = budget.IsCancellationRequested ? $"gave no answer within {settings.RequestBudgetSeconds} s" : "cannot be reached";
            throw new EmbeddingProviderException(ProviderTrouble.Wait, $"the embeddings provider {what}", inner: exception);
        }

        return response.IsError ? throw ProviderErrors.FromResponse(response, settings.ApiKey, time.GetUtcNow()) : response.Content.ToMemory();
    }

    private BinaryData Body(IReadOnlyList<string> texts)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, Readable))
        {
            json.WriteStartObject();
            json.WriteString("model"u8, settings.Model);
            json.WriteString("encoding_format"u8, "base64"u8);
            json.WriteNumber("dimensions"u8, settings.Dimensions);
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
}
