namespace RagFunctions.Dev.Fakes.Marketplace.Shops;

/// <summary>How large and how lively a shop is. The same options give the same shop, however its clock is moved.</summary>
public sealed record ShopOptions
{
    /// <summary>Everything random follows from it, the seller's id too.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The shop's trade mark.</summary>
    public string Name { get; init; } = "Норд";

    /// <summary>The present at the beginning; the history lies before it.</summary>
    public DateTimeOffset Start { get; init; } = new(2026, 11, 22, 9, 0, 0, TimeSpan.Zero);

    /// <summary>Days of life before <see cref="Start"/>.</summary>
    public double HistoryDays { get; init; } = 90;

    /// <summary>Articles at the beginning.</summary>
    public int Products { get; init; } = 30;

    /// <summary>Ordered units per hour, on the average of a day.</summary>
    public double OrdersPerHour { get; init; } = 4;

    /// <summary>Share of orders that are cancelled.</summary>
    public double CancelShare { get; init; } = 0.1;

    /// <summary>Share of sales that come back.</summary>
    public double ReturnShare { get; init; } = 0.08;

    /// <summary>Share of sales with a review.</summary>
    public double ReviewShare { get; init; } = 0.15;

    /// <summary>Share of reviews that the seller answers, later.</summary>
    public double AnswerShare { get; init; } = 0.6;

    /// <summary>New articles per day.</summary>
    public double NewProductsPerDay { get; init; } = 0.5;

    /// <summary>Changed cards (mostly titles) per day.</summary>
    public double CardChangesPerDay { get; init; } = 2;

    /// <summary>Changed prices per day.</summary>
    public double PriceChangesPerDay { get; init; } = 6;

    /// <summary>Articles thrown into the trash per day; every third comes back a few days later.</summary>
    public double TrashPerDay { get; init; } = 0.4;

    /// <summary>Statistics and stock reports show the state of the last full period; zero = at once.</summary>
    public TimeSpan Refresh { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Share of orders that statistics show one <see cref="Refresh"/> later than their <c>lastChangeDate</c> lets expect.</summary>
    public double LateOrderShare { get; init; }

    /// <summary>Return rows with negative amounts: one public client says they are, the marketplace's pages do not.</summary>
    public bool NegativeReturns { get; init; }

    /// <summary>Share of reviews whose text holds a zero byte.</summary>
    public double ZeroByteShare { get; init; } = 0.005;
}
