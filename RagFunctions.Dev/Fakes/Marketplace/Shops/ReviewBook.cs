namespace RagFunctions.Dev.Fakes.Marketplace.Shops;

/// <summary>Reviews and the seller's answers.</summary>
internal sealed class ReviewBook(ShopClock clock, Catalogue catalogue, ShopOptions options)
{
    private const string IdLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    private readonly List<ShopReview> _reviews = [];

    /// <summary>All reviews, in the order of writing.</summary>
    public IReadOnlyList<ShopReview> All => _reviews;

    /// <summary>A buyer writes about what was ordered.</summary>
    public void Review(ShopOrder order)
    {
        var random = clock.Random;
        var rating = random.NextDouble() switch { < 0.62 => 5, < 0.78 => 4, < 0.87 => 3, < 0.92 => 2, _ => 1 };
        var kind = random.NextDouble();
        var text = kind < 0.2 ? "" : ReviewWords.Text(random, rating);
        if (text.Length > 0 && clock.Chance(options.ZeroByteShare))
        {
            // Behind the first letter: never within a character of two code units.
            text = text.Insert(1, "\0");
        }

        var place = _reviews.Count;
        _reviews.Add(new ShopReview(
            random.GetString(IdLetters, 20), catalogue.Of(order.Product.NmId), order.Size, WholeSecond(), rating, text,
            kind < 0.15 ? "" : ReviewWords.Pros(random), kind < 0.15 ? "" : ReviewWords.Cons(random), ReviewWords.Name(random),
            ReviewWords.Tags(random), random.Next(7) == 0, order.Size.TechSize == "0" ? "" : ReviewWords.Fit(random), order.At, null, null));
        if (clock.Chance(options.AnswerShare))
        {
            clock.Between(TimeSpan.FromMinutes(30), TimeSpan.FromDays(5), () =>
                _reviews[place] = _reviews[place] with { AnsweredAt = clock.Now, Answer = ReviewWords.Answer(clock.Random) });
        }
    }

    private DateTimeOffset WholeSecond() => new(clock.Now.UtcTicks - (clock.Now.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
}
