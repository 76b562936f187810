using Microsoft.Extensions.Time.Testing;
using RagFunctions.Core.Marketplace.Limits;
using RagFunctions.Core.Marketplace.Tokens;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Marketplace.Limits;

public sealed class LimitStoreTests(DatabaseFixture database) : IClassFixture<DatabaseFixture>
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    private static readonly RateLimit PerMinute = RateLimit.Of(1, TimeSpan.FromMinutes(1));
    private static readonly RateLimit BurstOf10 = RateLimit.Of(1, TimeSpan.FromMinutes(1), burst: 10);

    private readonly FakeTimeProvider _time = new(Start);
    private readonly BucketKey _key = new(Guid.NewGuid().ToString(), "orders", TokenKind.Personal);

    private LimitStore Store => new(database.Main, _time);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_burst_is_granted_at_once_and_then_one_call_per_interval()
    {
        for (var i = 0; i < 10; i++)
        {
            Assert.True((await Store.TakeAsync(_key, BurstOf10, Ct)).Granted);
        }

        var refused = await Store.TakeAsync(_key, BurstOf10, Ct);
        Assert.False(refused.Granted);
        Assert.Equal(Start.AddMinutes(1), refused.FreeAt);

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.True((await Store.TakeAsync(_key, BurstOf10, Ct)).Granted);
        Assert.False((await Store.TakeAsync(_key, BurstOf10, Ct)).Granted);
    }

    [Fact]
    public async Task A_refusal_costs_nothing()
    {
        await Store.TakeAsync(_key, PerMinute, Ct);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(Start.AddMinutes(1), (await Store.TakeAsync(_key, PerMinute, Ct)).FreeAt);
        }

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.True((await Store.TakeAsync(_key, PerMinute, Ct)).Granted);
    }

    [Fact]
    [Trait("Guarantee", "limits")]
    [Trait("Defect", "96")]
    public async Task However_many_workers_ask_no_more_than_the_burst_is_granted()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Store.TakeAsync(_key, BurstOf10, Ct)));

        Assert.Equal(10, answers.Count(answer => answer.Granted));
    }

    [Fact]
    [Trait("Defect", "96")]
    public async Task Sellers_methods_and_kinds_of_token_have_buckets_of_their_own()
    {
        BucketKey[] keys =
        [
            _key, _key with { Seller = Guid.NewGuid().ToString() }, _key with { Bucket = "sales" }, _key with { Kind = TokenKind.Basic },
        ];
        foreach (var key in keys)
        {
            Assert.True((await Store.TakeAsync(key, PerMinute, Ct)).Granted);
            Assert.False((await Store.TakeAsync(key, PerMinute, Ct)).Granted);
        }
    }

    [Fact]
    [Trait("Guarantee", "limits")]
    [Trait("Defect", "97")]
    public async Task A_429_silences_the_bucket_for_as_long_as_the_answer_says()
    {
        var paid = await Store.TakeAsync(_key, BurstOf10, Ct);
        var until = await Store.CorrectAsync(_key, BurstOf10, paid, 429, new RateHeaders(null, null, null, TimeSpan.FromSeconds(90)), Ct);

        Assert.Equal(Start.AddSeconds(90), until);
        _time.Advance(TimeSpan.FromSeconds(89));
        Assert.Equal(Start.AddSeconds(90), (await Store.TakeAsync(_key, BurstOf10, Ct)).FreeAt);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True((await Store.TakeAsync(_key, BurstOf10, Ct)).Granted);
    }

    [Fact]
    public async Task A_429_without_headers_waits_one_interval()
    {
        var paid = await Store.TakeAsync(_key, BurstOf10, Ct);

        Assert.Equal(Start.AddMinutes(1), await Store.CorrectAsync(_key, BurstOf10, paid, 429, default, Ct));
    }

    [Fact]
    [Trait("Guarantee", "limits")]
    public async Task The_answers_own_count_wins_when_it_leaves_fewer_calls()
    {
        var paid = await Store.TakeAsync(_key, BurstOf10, Ct);
        Assert.Null(await Store.CorrectAsync(_key, BurstOf10, paid, 200, new RateHeaders(10, 1, null, null), Ct));

        Assert.True((await Store.TakeAsync(_key, BurstOf10, Ct)).Granted);
        Assert.False((await Store.TakeAsync(_key, BurstOf10, Ct)).Granted);
    }

    [Fact]
    public async Task The_answers_larger_count_wins_unless_others_called_meanwhile()
    {
        var full = new RateHeaders(10, 10, null, null);
        LimitAnswer paid = default;
        for (var left = 9; left >= 0; left--)
        {
            paid = await Store.TakeAsync(_key, BurstOf10, Ct);
            if (left > 0)
            {
                await Store.CorrectAsync(_key, BurstOf10, paid, 200, new RateHeaders(10, left, null, null), Ct);
            }
        }

        await Store.CorrectAsync(_key, BurstOf10, paid with { Taken = paid.Taken - 1 }, 200, full, Ct);
        Assert.False((await Store.TakeAsync(_key, BurstOf10, Ct)).Granted);

        await Store.CorrectAsync(_key, BurstOf10, paid, 200, full, Ct);
        Assert.True((await Store.TakeAsync(_key, BurstOf10, Ct)).Granted);
    }

    [Fact]
    public async Task A_stale_answer_grants_two_workers_no_extra_call()
    {
        var two = RateLimit.Of(1, TimeSpan.FromMinutes(1), burst: 2);
        var paid = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Store.TakeAsync(_key, two, Ct)));
        var (first, second) = (paid.MinBy(call => call.Taken), paid.MaxBy(call => call.Taken));

        // The later call was faster: the marketplace has seen no other.
        await Store.CorrectAsync(_key, two, second, 200, new RateHeaders(2, 1, null, null), Ct);
        Assert.False((await Store.TakeAsync(_key, two, Ct)).Granted);
        await Store.CorrectAsync(_key, two, first, 200, new RateHeaders(2, 0, null, null), Ct);
        Assert.False((await Store.TakeAsync(_key, two, Ct)).Granted);
    }

    [Fact]
    public async Task Answers_are_trusted_again_once_the_bucket_is_full()
    {
        var three = RateLimit.Of(1, TimeSpan.FromMinutes(1), burst: 3);
        var lost = await Store.TakeAsync(_key, three, Ct);
        _time.Advance(TimeSpan.FromMinutes(1));
        var one = await Store.TakeAsync(_key, three, Ct);

        // An answer from before the bucket was full counts for nothing that came later.
        await Store.CorrectAsync(_key, three, lost, 200, new RateHeaders(3, 2, null, null), Ct);
        var two = await Store.TakeAsync(_key, three, Ct);
        await Store.CorrectAsync(_key, three, two, 200, new RateHeaders(3, 3, null, null), Ct);
        Assert.True((await Store.TakeAsync(_key, three, Ct)).Granted);
        Assert.False((await Store.TakeAsync(_key, three, Ct)).Granted);

        _time.Advance(TimeSpan.FromMinutes(4));
        var alone = await Store.TakeAsync(_key, three, Ct);
        await Store.CorrectAsync(_key, three, alone, 200, new RateHeaders(3, 3, null, null), Ct);
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Store.TakeAsync(_key, three, Ct))), call => Assert.True(call.Granted));
        Assert.Equal(2, one.Taken);
    }

    [Fact]
    public async Task A_count_of_another_bucket_size_never_makes_ours_fuller()
    {
        var paid = await Store.TakeAsync(_key, PerMinute, Ct);
        await Store.CorrectAsync(_key, PerMinute, paid, 200, new RateHeaders(100, 99, null, null), Ct);

        Assert.False((await Store.TakeAsync(_key, PerMinute, Ct)).Granted);
    }

    [Fact]
    public async Task An_error_of_ours_costs_ten_calls_where_the_host_punishes_errors()
    {
        var strict = BurstOf10 with { ClientErrorCost = 10 };
        var paid = await Store.TakeAsync(_key, strict, Ct);
        await Store.CorrectAsync(_key, strict, paid, 400, default, Ct);

        Assert.Equal(Start.AddMinutes(1), (await Store.TakeAsync(_key, strict, Ct)).FreeAt);
    }

    [Theory]
    [Trait("Defect", "96")]
    [InlineData(MarketplaceMethod.Orders, TokenKind.Personal, 60, 10)]
    [InlineData(MarketplaceMethod.Orders, TokenKind.Basic, 10_800, 1)]
    [InlineData(MarketplaceMethod.Sales, TokenKind.Service, 60, 1)]
    [InlineData(MarketplaceMethod.Sales, TokenKind.Basic, 7_200, 1)]
    [InlineData(MarketplaceMethod.WarehouseStocks, TokenKind.Personal, 20, 1)]
    [InlineData(MarketplaceMethod.SellerStocks, TokenKind.Personal, 20, 1)]
    [InlineData(MarketplaceMethod.RemainsCreate, TokenKind.Personal, 60, 5)]
    [InlineData(MarketplaceMethod.RemainsCreate, TokenKind.Basic, 900, 1)]
    [InlineData(MarketplaceMethod.RemainsStatus, TokenKind.Personal, 5, 5)]
    [InlineData(MarketplaceMethod.RemainsDownload, TokenKind.Personal, 60, 1)]
    [InlineData(MarketplaceMethod.Cards, TokenKind.Personal, 0.6, 5)]
    [InlineData(MarketplaceMethod.CardTrash, TokenKind.Basic, 0.6, 5)]
    [InlineData(MarketplaceMethod.Prices, TokenKind.Personal, 0.6, 5)]
    [InlineData(MarketplaceMethod.Prices, TokenKind.Basic, 900, 1)]
    [InlineData(MarketplaceMethod.Feedbacks, TokenKind.Personal, 0.333, 6)]
    [InlineData(MarketplaceMethod.FeedbackArchive, TokenKind.Basic, 720, 1)]
    [InlineData(MarketplaceMethod.SellerInfo, TokenKind.Personal, 60, 10)]
    [InlineData(MarketplaceMethod.SellerInfo, TokenKind.Basic, 86_400, 1)]
    public void The_limits_are_those_of_the_marketplaces_tables(MarketplaceMethod method, TokenKind kind, double seconds, int burst) =>
        Assert.Equal(new RateLimit(TimeSpan.FromSeconds(seconds), burst), MethodRules.Of(method).For(kind));

    [Theory]
    [InlineData(MarketplaceMethod.WarehouseStocks)]
    [InlineData(MarketplaceMethod.SellerStocks)]
    public void Basic_tokens_have_no_stock_reports(MarketplaceMethod method) => Assert.Null(MethodRules.Of(method).For(TokenKind.Basic));
}
