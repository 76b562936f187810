namespace RagFunctions.Dev.Fakes.Marketplace.Answers;

/// <summary>An answer 4xx, from where it is found out.</summary>
/// <param name="status">The status.</param>
/// <param name="title">What is wrong.</param>
/// <param name="detail">More about it.</param>
internal sealed class Refusal(int status, string title, string detail) : Exception($"{title}: {detail}")
{
    /// <summary>The status.</summary>
    public int Status { get; } = status;

    /// <summary>What is wrong.</summary>
    public string Title { get; } = title;

    /// <summary>More about it.</summary>
    public string Detail { get; } = detail;

    /// <summary>400.</summary>
    public static Refusal BadRequest(string detail) => new(400, "bad request", detail);

    /// <summary>404.</summary>
    public static Refusal NotFound(string detail) => new(404, "not found", detail);
}
