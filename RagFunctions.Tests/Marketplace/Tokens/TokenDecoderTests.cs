using RagFunctions.Core.Marketplace.Client;
using RagFunctions.Core.Marketplace.Tokens;

namespace RagFunctions.Tests.Marketplace.Tokens;

public sealed class TokenDecoderTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    [Trait("Defect", "113")]
    public void A_token_tells_seller_kind_categories_and_end()
    {
        // 1 << 1 | 1 << 5 | 1 << 30: content, statistics, read only.
        var info = TokenDecoder.Decode(TestTokens.FromJson(
            """{"acc":1,"exp":1780000000,"for":"self","id":"x","oid":1,"s":1073741858,"sid":"7c9e6679-7425-40de-944b-e07fc1f90ae7","t":false}"""));

        Assert.Equal("7c9e6679-7425-40de-944b-e07fc1f90ae7", info.SellerId);
        Assert.Equal((1L, "self"), (info.SellerNumber!.Value, info.IssuedFor));
        Assert.DoesNotContain(info.Warnings(Now), warning => warning.Contains("issued", StringComparison.Ordinal));
        Assert.Equal(TokenKind.Basic, info.Kind);
        Assert.Equal(TokenCategories.Content | TokenCategories.Statistics | TokenCategories.ReadOnly, info.Categories);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1_780_000_000), info.ExpiresAt);
        Assert.Equal(
            TokenCategories.Analytics | TokenCategories.Prices | TokenCategories.Feedbacks, info.Missing(TokenCategories.Needed));
    }

    [Theory]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData("a.b.c")]
    [InlineData("a.!!!.c")]
    [InlineData("eyJhIjoxfQ.W10.c")]
    public void What_is_no_token_is_opaque_and_lacks_nothing_we_could_know(string token)
    {
        var info = TokenDecoder.Decode(token);

        Assert.Equal(TokenInfo.Opaque, info);
        Assert.Equal(TokenCategories.None, info.Missing(TokenCategories.Needed));
        Assert.False(info.IsExpired(Now));
    }

    [Fact]
    [Trait("Defect", "113")]
    public void A_token_near_its_end_warns_and_one_past_it_is_expired()
    {
        Assert.Empty(TokenDecoder.Decode(TestTokens.Of(expires: Now.AddDays(30))).Warnings(Now));
        Assert.Contains("in 5 days", Assert.Single(TokenDecoder.Decode(TestTokens.Of(expires: Now.AddDays(5))).Warnings(Now)));
        var over = TokenDecoder.Decode(TestTokens.Of(expires: Now.AddSeconds(-1)));
        Assert.True(over.IsExpired(Now));
        Assert.Contains("expired", Assert.Single(over.Warnings(Now)));
    }

    [Fact]
    public void Limits_are_counted_by_seller_also_for_older_tokens()
    {
        Assert.Equal("seller:42", new MarketplaceAccess(1, TestTokens.FromJson("""{"oid":42}""")).Seller);
        Assert.Equal("cabinet:1", new MarketplaceAccess(1, "no token").Seller);
    }

    [Fact]
    public void A_services_token_is_named_and_an_empty_name_left_out()
    {
        Assert.Contains("asid:17", Assert.Single(TokenDecoder.Decode(TestTokens.FromJson("""{"for":"asid:17"}""")).Warnings(Now)), StringComparison.Ordinal);
        Assert.Null(TokenDecoder.Decode(TestTokens.FromJson("""{"for":"a\nb"}""")).IssuedFor);
    }

    [Fact]
    [Trait("Defect", "113")]
    public void A_missing_category_is_warned_of_by_name() => Assert.Contains(
        "prices", Assert.Single(TokenDecoder.Decode(TestTokens.Of(categories: TokenCategories.Needed & ~TokenCategories.Prices)).Warnings(Now)));

    [Fact]
    public void A_test_token_counts_as_test_whatever_its_account_kind_says() =>
        Assert.Equal(TokenKind.Test, TokenDecoder.Decode(TestTokens.FromJson("""{"acc":3,"t":true}""")).Kind);
}
