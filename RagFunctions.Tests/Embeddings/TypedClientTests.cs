using System.ClientModel;
using System.Text.Json;
using OpenAI;
using OpenAI.Embeddings;
using RagFunctions.Dev.Fakes.Embeddings;

namespace RagFunctions.Tests.Embeddings;

/// <summary>What the typed method of the OpenAI client does, as docs/decisions/0010 says it: an upgrade that changes the reasons turns these red.</summary>
public sealed class TypedClientTests
{
    private static readonly string[] Texts = ["один", "два", "три"];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_typed_client_keeps_the_index_and_reads_numbers(bool asNumbers)
    {
        await using var server = await FakeEmbeddingsServer.StartAsync(new FakeEmbeddingsOptions { Manners = new FakeManners { IgnoresBase64 = asNumbers } });
        server.Behaviour = _ => FakeAnswer.With(AnswerFault.Shuffled);
        var answer = await AskAsync(server);
        Assert.NotEqual([0, 1, 2], answer.Select(embedding => embedding.Index));
        Assert.All(answer, embedding => Assert.Equal(FakeEmbeddingsServer.VectorOf(Texts[embedding.Index], 1_536), embedding.ToFloats().ToArray()));
    }

    [Fact]
    public async Task The_typed_client_takes_an_error_with_200_for_a_success()
    {
        await using var server = await FakeEmbeddingsServer.StartAsync();
        server.Behaviour = _ => FakeAnswer.ErrorWith200("rate_limit_exceeded", "Rate limit reached");
        Assert.Empty(await AskAsync(server));
    }

    [Fact]
    public async Task The_typed_client_loses_what_a_page_says()
    {
        await using var server = await FakeEmbeddingsServer.StartAsync();
        server.Behaviour = _ => FakeAnswer.With(AnswerFault.Html);
        var lost = await Assert.ThrowsAnyAsync<JsonException>(() => AskAsync(server));
        Assert.DoesNotContain("politely", lost.ToString(), StringComparison.Ordinal);
    }

    private static async Task<OpenAIEmbeddingCollection> AskAsync(FakeEmbeddingsServer server) =>
        await new EmbeddingClient("text-embedding-3-small", new ApiKeyCredential("key"), new OpenAIClientOptions { Endpoint = server.BaseUrl })
            .GenerateEmbeddingsAsync(Texts, cancellationToken: TestContext.Current.CancellationToken);
}
