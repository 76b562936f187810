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

    /// <inheritdoc cref="FaultKind.RepeatedPage"/>
    public static Fault RepeatedPage { get; } = new(FaultKind.RepeatedPage);
}
