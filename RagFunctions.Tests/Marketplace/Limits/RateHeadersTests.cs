using RagFunctions.Core.Marketplace.Limits;
using RagFunctions.Core.Marketplace.Tokens;

namespace RagFunctions.Tests.Marketplace.Limits;

public sealed class RateHeadersTests
{
    [Fact]
    public void Every_header_is_read_as_what_it_means()
    {
        var headers = Read(("X-Ratelimit-Limit", "10"), ("X-Ratelimit-Remaining", "3"), ("X-Ratelimit-Reset", "7"), ("X-Ratelimit-Retry", "2.5"));
        Assert.Equal(new RateHeaders(10, 3, TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(2.5)), headers);
        Assert.False(headers.IsEmpty);
    }

    [Fact]
    public void An_answer_that_says_nothing_is_empty() => Assert.True(Read().IsEmpty);

    [Fact]
    public void The_marketplaces_own_wait_goes_before_that_of_a_proxy()
    {
        Assert.Equal(TimeSpan.FromSeconds(9), Read(("Retry-After", "9")).Retry);
        Assert.Equal(TimeSpan.FromSeconds(2), Read(("Retry-After", "9"), ("X-Ratelimit-Retry", "2")).Retry);
    }

    [Theory]
    [InlineData("soon")]
    [InlineData("-1")]
    [InlineData("1e3")]
    [InlineData("")]
    [InlineData("∞")]
    public void A_malformed_header_counts_as_missing(string value) => Assert.True(Read(("X-Ratelimit-Retry", value), ("X-Ratelimit-Limit", value)).IsEmpty);

    [Fact]
    public void A_header_silences_a_cabinet_for_a_week_at_most() => Assert.Equal(TimeSpan.FromDays(7), Read(("X-Ratelimit-Retry", "604801")).Retry);

    [Theory]
    [InlineData(MarketplaceMethod.Orders, 60, 10, 10_800.0)]
    [InlineData(MarketplaceMethod.Sales, 60, 1, 7_200.0)]
    [InlineData(MarketplaceMethod.WarehouseStocks, 20, 1, null)]
    [InlineData(MarketplaceMethod.SellerStocks, 20, 1, null)]
    [InlineData(MarketplaceMethod.RemainsCreate, 60, 5, 900.0)]
    [InlineData(MarketplaceMethod.RemainsStatus, 5, 5, 900.0)]
    [InlineData(MarketplaceMethod.RemainsDownload, 60, 1, 900.0)]
    [InlineData(MarketplaceMethod.Cards, 0.6, 5, 0.6)]
    [InlineData(MarketplaceMethod.CardTrash, 0.6, 5, 0.6)]
    [InlineData(MarketplaceMethod.Prices, 0.6, 5, 900.0)]
    [InlineData(MarketplaceMethod.Feedbacks, 0.333, 6, 720.0)]
    [InlineData(MarketplaceMethod.FeedbackArchive, 0.333, 6, 720.0)]
    [InlineData(MarketplaceMethod.SellerInfo, 60, 10, 86_400.0)]
    public void A_methods_limits_are_those_of_the_marketplaces_tables(MarketplaceMethod method, double seconds, int burst, double? basicSeconds)
    {
        var rules = MethodRules.Of(method);
        Assert.Equal((TimeSpan.FromSeconds(seconds), burst), (rules.For(TokenKind.Personal)!.Interval, rules.For(TokenKind.Personal)!.Burst));
        Assert.Equal(basicSeconds is { } basic ? TimeSpan.FromSeconds(basic) : null, rules.For(TokenKind.Basic)?.Interval);
    }

    [Fact]
    public void Methods_of_one_bucket_share_its_limits()
    {
        Assert.Equal(MethodRules.Of(MarketplaceMethod.Cards), MethodRules.Of(MarketplaceMethod.CardTrash));
        Assert.Equal(MethodRules.Of(MarketplaceMethod.Feedbacks), MethodRules.Of(MarketplaceMethod.FeedbackArchive));
        var buckets = Enum.GetValues<MarketplaceMethod>().GroupBy(method => MethodRules.Of(method).Bucket).ToList();
        Assert.All(buckets, bucket => Assert.NotEmpty(bucket.Key));
        Assert.Equal(2, buckets.Count(bucket => bucket.Count() > 1));
    }

    private static RateHeaders Read(params (string Name, string Value)[] headers)
    {
        using var answer = new HttpResponseMessage();
        foreach (var (name, value) in headers)
        {
            answer.Headers.TryAddWithoutValidation(name, value);
        }

        return RateHeaders.Read(answer.Headers);
    }
}
