namespace RagFunctions.Dev.Fakes.Marketplace.Faults;

/// <summary>One answer that goes wrong.</summary>
/// <param name="Kind">How.</param>
/// <param name="StatusCode">For <see cref="FaultKind.Status"/>.</param>
/// <param name="Retry">For 429: what <c>X-Ratelimit-Retry</c> says; null = the headers are missing.</param>
public sealed record Fault(FaultKind Kind, int StatusCode = 200, TimeSpan? Retry = null)
{
    /// <summary>429 that no bucket asked for.</summary>
    public static Fault TooManyRequests(TimeSpan? retry = null) => new(FaultKind.Status, 429, retry);

    /// <summary>A failure of the server.</summary>
    public static Fault ServerError(int status = 500) => new(FaultKind.Status, status);

    /// <inheritdoc cref="FaultKind.Hang"/>
    public static Fault Hang { get; } = new(FaultKind.Hang);

    /// <inheritdoc cref="FaultKind.Cut"/>
    public static Fault Cut { get; } = new(FaultKind.Cut);

    /// <inheritdoc cref="FaultKind.HalfJson"/>
    public static Fault HalfJson { get; } = new(FaultKind.HalfJson);

    /// <inheritdoc cref="FaultKind.Html"/>
    public static Fault Html { get; } = new(FaultKind.Html);

    /// <inheritdoc cref="FaultKind.RepeatedRows"/>
    public static Fault RepeatedRows { get; } = new(FaultKind.RepeatedRows);

    /// <inheritdoc cref="FaultKind.ReorderedRows"/>
    public static Fault ReorderedRows { get; } = new(FaultKind.ReorderedRows);

    /// <inheritdoc cref="FaultKind.NoRows"/>
    public static Fault NoRows { get; } = new(FaultKind.NoRows);

    /// <inheritdoc cref="FaultKind.BadRow"/>
    public static Fault BadRow { get; } = new(FaultKind.BadRow);

    /// <inheritdoc cref="FaultKind.NullList"/>
    public static Fault NullList { get; } = new(FaultKind.NullList);

    /// <inheritdoc cref="FaultKind.RepeatedPage"/>
    public static Fault RepeatedPage { get; } = new(FaultKind.RepeatedPage);
}

/// <summary>How an answer goes wrong. The call itself was allowed and has been paid for.</summary>
public enum FaultKind
{
    /// <summary>Another status, with <c>application/problem+json</c>.</summary>
    Status,

    /// <summary>No answer at all until the client gives up.</summary>
    Hang,

    /// <summary>The right headers and half of the body, then the connection is cut.</summary>
    Cut,

    /// <summary>Half of the JSON, as if it were whole.</summary>
    HalfJson,

    /// <summary>A page of HTML with status 200.</summary>
    Html,

    /// <summary>Every row twice.</summary>
    RepeatedRows,

    /// <summary>The rows of the page in another order.</summary>
    ReorderedRows,

    /// <summary>The right form and no rows.</summary>
    NoRows,

    /// <summary>One more row, of which nothing but its form is right.</summary>
    BadRow,

    /// <summary><c>null</c> in place of the rows.</summary>
    NullList,

    /// <summary>The page that this seller got from the method before, once more.</summary>
    RepeatedPage,
}
