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

/// <summary>A buyer's review in its present state.</summary>
/// <param name="Id">Its identity.</param>
/// <param name="Product">The article as it was when the review was written.</param>
/// <param name="Size">The size bought.</param>
/// <param name="CreatedAt">When it was written.</param>
/// <param name="Rating">1 to 5.</param>
/// <param name="Text">The text, empty for a mere rating; may hold a zero byte.</param>
/// <param name="Pros">What is good.</param>
/// <param name="Cons">What is not.</param>
/// <param name="UserName">The buyer's name.</param>
/// <param name="Tags">What the buyer ticked.</param>
/// <param name="HasPhoto">Whether a photo is attached.</param>
/// <param name="MatchingSize">How the size fits; empty where there are none.</param>
/// <param name="OrderedAt">When it was ordered.</param>
/// <param name="AnsweredAt">When the seller answered, or null.</param>
/// <param name="Answer">What the seller answered, or null.</param>
public sealed record ShopReview(
    string Id, ShopProduct Product, ShopSize Size, DateTimeOffset CreatedAt, int Rating, string Text, string Pros, string Cons,
    string UserName, IReadOnlyList<string> Tags, bool HasPhoto, string MatchingSize, DateTimeOffset OrderedAt, DateTimeOffset? AnsweredAt,
    string? Answer)
{
    /// <summary>Answered reviews and mere ratings stay in the main list this long; unanswered ones move to the archive after it.</summary>
    public static readonly TimeSpan ArchivedAfter = TimeSpan.FromDays(30);

    /// <summary>Neither text nor photo.</summary>
    public bool IsMereRating => Text.Length == 0 && Pros.Length == 0 && Cons.Length == 0 && !HasPhoto;

    /// <summary>On the list <c>isAnswered=true</c>: answered, or nothing to answer.</summary>
    public bool IsProcessed => AnsweredAt is not null || IsMereRating;

    /// <summary>Whether the main list shows it.</summary>
    public bool IsListed(DateTimeOffset now) => (AnsweredAt ?? CreatedAt) + ArchivedAfter > now;

    /// <summary>Whether the archive shows it: answered ones and mere ratings at once, so that they stand on both lists for a time.</summary>
    public bool IsArchived(DateTimeOffset now) => IsProcessed || !IsListed(now);
}
