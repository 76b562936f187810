using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Embeddings.Providers;

namespace RagFunctions.Tests.Embeddings;

public sealed class RequestPackingTests
{
    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "1")]
    [InlineData(8, "8")]
    [InlineData(9, "8 1")]
    [InlineData(24, "8 8 8")]
    public void A_request_holds_as_many_texts_as_it_may(int texts, string sizes) => Assert.Equal(sizes, Sizes(Texts(texts, bytes: 3), inputs: 8, tokens: 1_000));

    [Theory]
    [InlineData(10, "10")]
    [InlineData(11, "10 1")]
    public void A_request_holds_as_many_tokens_as_it_may(int texts, string sizes) => Assert.Equal(sizes, Sizes(Texts(texts, bytes: 30), inputs: 100, tokens: 100));

    [Fact]
    public void A_text_above_the_budget_goes_alone() => Assert.Equal("1 1 1", Sizes(Texts(3, bytes: 900), inputs: 100, tokens: 100));

    [Theory]
    [InlineData(0, "64 36")]
    [InlineData(1, "16 16 16 16 16 16 4")]
    [InlineData(2, "4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4")]
    public void Requests_shrink_with_every_failure_of_their_texts(int attempts, string sizes) =>
        Assert.Equal(sizes, Sizes(Texts(100, bytes: 3, attempts), inputs: 64, tokens: 10_000));

    [Theory]
    [InlineData(3)]
    [InlineData(15)]
    [InlineData(1_000)]
    public void A_text_that_failed_often_goes_alone(int attempts) => Assert.Equal("1 1 1", Sizes(Texts(3, bytes: 3, attempts), inputs: 64, tokens: 10_000));

    [Fact]
    public void Texts_of_different_attempts_never_share_a_request()
    {
        PendingText[] texts = [.. Texts(3, 3, attempts: 2), .. Texts(5, 3), .. Texts(2, 3, attempts: 1)];
        var requests = RequestPacking.Pack(texts, Options(64, 10_000)).ToList();
        Assert.Equal([(0, 5), (1, 2), (2, 3)], requests.Select(request => (Assert.Single(request.Select(text => text.Attempts).Distinct()), request.Count)));
    }

    [Fact]
    public void Every_text_is_packed_once_in_its_order()
    {
        var texts = Texts(500, bytes: 30);
        Assert.Equal(texts, RequestPacking.Pack(texts, Options(7, 33)).SelectMany(request => request));
    }

    [Theory]
    [InlineData(EmbeddingsOptions.ProviderMaxTokens, "2")]
    [InlineData(EmbeddingsOptions.ProviderMaxTokens + 1, "1 1")]
    public void The_providers_limit_is_kept_by_counting_where_bytes_leave_a_doubt(int tokens, string sizes)
    {
        // Two texts of which every byte is a token or as good as one.
        var words = string.Concat(Enumerable.Repeat(" a", tokens - 1));
        Assert.Equal(sizes, Sizes([new PendingText("1", "a", 1, 0), new PendingText("2", words, words.Length, 0)], inputs: 100, tokens: int.MaxValue));
    }

    [Fact]
    public void The_providers_limit_is_for_all_texts_of_a_request()
    {
        var half = string.Concat(Enumerable.Repeat(" a", EmbeddingsOptions.ProviderMaxTokens / 2));
        var texts = Enumerable.Range(0, 5).Select(i => new PendingText($"{i}", half, half.Length, 0));
        Assert.Equal("2 2 1", Sizes(texts, inputs: 100, tokens: int.MaxValue));
    }

    [Theory]
    [InlineData(8_191, null)]
    [InlineData(8_192, 8_192)]
    public void Only_a_text_above_the_input_limit_is_too_long(int tokens, int? told)
    {
        var words = string.Concat(Enumerable.Repeat(" a", tokens));
        Assert.Equal(told, RequestPacking.TooLong(new PendingText("1", words, words.Length, 0)));
    }

    [Fact]
    public void A_text_of_few_bytes_is_not_counted() => Assert.Null(RequestPacking.TooLong(new PendingText("1", new string('!', 20_000), 8_191, 0)));

    private static string Sizes(IEnumerable<PendingText> texts, int inputs, int tokens) =>
        string.Join(' ', RequestPacking.Pack(texts, Options(inputs, tokens)).Select(request => request.Count));

    private static EmbeddingsOptions Options(int inputs, int tokens) => new() { MaxInputsPerRequest = inputs, MaxTokensPerRequest = tokens };

    private static PendingText[] Texts(int count, int bytes, int attempts = 0) =>
        [.. Enumerable.Range(0, count).Select(i => new PendingText($"{attempts}-{i}", new string('a', bytes), bytes, attempts))];
}
