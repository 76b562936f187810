using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.AI;

namespace RagFunctions.Core.Embeddings.Providers;

/// <summary>A span, the length and the tokens of every embedding request; never what was in it.</summary>
/// <remarks>
/// Not <c>UseOpenTelemetry()</c> of Microsoft.Extensions.AI: it names an error by its type alone, so that the alert on refused requests could
/// not tell 429 from an outage, and writes the error's message into the span, where some providers quote the text they refuse
/// (docs/decisions/0010).
/// </remarks>
internal sealed class ObservedEmbeddings(IEmbeddingGenerator<string, Embedding<float>> inner, EmbeddingsOptions options)
    : DelegatingEmbeddingGenerator<string, Embedding<float>>(inner)
{
    private const string Embeddings = "embeddings";

    private readonly TagList _tags = new()
    {
        { RagTelemetry.Operation, Embeddings },
        { RagTelemetry.Provider, ProviderName(options.Provider) },
        { RagTelemetry.RequestModel, options.ModelName },
    };

    /// <inheritdoc />
    public override async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        using var span = RagTelemetry.Source.StartActivity($"{Embeddings} {_tags[2].Value}", ActivityKind.Client, default(ActivityContext), _tags);
        var started = Stopwatch.GetTimestamp();
        var tags = _tags;
        try
        {
            var answer = await base.GenerateAsync(values, options, cancellationToken);
            if (answer.Usage?.InputTokenCount is { } tokens)
            {
                span?.SetTag(RagTelemetry.InputTokens, tokens);
                var usage = _tags;
                usage.Add(RagTelemetry.TokenType, "input");
                RagTelemetry.TokenUsage.Record(tokens, usage);
            }

            return answer;
        }
        catch (Exception exception)
        {
            var error = exception is EmbeddingProviderException { Status: { } status }
                ? status.ToString(CultureInfo.InvariantCulture)
                : exception.GetType().FullName;
            tags.Add(RagTelemetry.ErrorType, error);
            span?.SetTag(RagTelemetry.ErrorType, error).SetStatus(ActivityStatusCode.Error);
            throw;
        }
        finally
        {
            RagTelemetry.RequestDuration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, tags);
        }
    }

    private static string ProviderName(EmbeddingsProvider provider) => provider switch
    {
        EmbeddingsProvider.Azure => "azure.ai.openai",
        EmbeddingsProvider.OpenAI => "openai",
        _ => "rag.offline",
    };
}
