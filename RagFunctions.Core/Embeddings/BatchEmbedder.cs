using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Runs;

namespace RagFunctions.Core.Embeddings;

/// <summary>Gives every text that waits in an interval its vector: reuse, embed, check, store.</summary>
/// <remarks>
/// Round trips to the database: two to read the texts of a request, one to store its vectors; whatever the sizes. Two more where the index
/// has vectors of such texts already. Where what was read needs more than one request (tokens, halving), two before each further one, to
/// see that lease and provider still allow it.
/// </remarks>
public sealed class BatchEmbedder(
    RagDatabase rag,
    PendingTexts pending,
    VectorWriter writer,
    ProviderPause pause,
    IEmbeddingGenerator<string, Embedding<float>> generator,
    EmbeddingsOptions options,
    ILogger<BatchEmbedder> logger)
{
    /// <summary>
    /// Works through the interval until it is empty, the provider must be left alone, or the lease is lost. What the provider does is
    /// told in the result; only the database's own errors are thrown.
    /// </summary>
    public async Task<EmbedBatchResult> EmbedAsync(EmbedBatchInput input, CancellationToken cancellationToken)
    {
        var pass = new EmbeddingPass(input, rag, writer, pause, generator, logger);
        var from = input.Interval.From ?? "";
        while (true)
        {
            var page = await pass.TimeSavingAsync(() => pending.ReadAsync(input.CabinetId, input.Token, from, input.Interval.To, cancellationToken));
            if (!pass.MayGoOn(page, new EmbedderIdentity(options.ModelName, options.Dimensions)))
            {
                return pass.Result;
            }

            await pass.SendAsync(await FittingAsync(pass, page.Texts, cancellationToken), cancellationToken);
            if (pass.Ended || !page.More)
            {
                return pass.Result;
            }

            // The least string above the last hash that needs no escaping; hashes are all of one length.
            from = page.Texts[^1].Hash + "!";
        }
    }

    private async Task<List<IReadOnlyList<PendingText>>> FittingAsync(
        EmbeddingPass pass, IReadOnlyList<PendingText> texts, CancellationToken cancellationToken)
    {
        List<PendingText> fitting = [];
        foreach (var text in texts)
        {
            if (RequestPacking.TooLong(text) is { } tokens)
            {
                await pass.RefuseAsync(
                    text, $"the text has {tokens} tokens, the provider takes {EmbeddingsOptions.ProviderMaxTokensPerInput}", cancellationToken);
            }
            else
            {
                fitting.Add(text);
            }
        }

        return [.. RequestPacking.Pack(fitting, options)];
    }
}
