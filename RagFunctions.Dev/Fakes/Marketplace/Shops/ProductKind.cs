namespace RagFunctions.Dev.Fakes.Marketplace.Shops;

/// <summary>A kind of goods.</summary>
/// <param name="SubjectId">The marketplace's number of it.</param>
/// <param name="Category">The parent category.</param>
/// <param name="Subject">The kind's own name, plural.</param>
/// <param name="Noun">How a title begins.</param>
/// <param name="Features">What a title may add.</param>
/// <param name="Sizes">Names of sizes; none = the goods have no sizes.</param>
/// <param name="Price">A usual price in roubles.</param>
public sealed record ProductKind(
    int SubjectId, string Category, string Subject, string Noun, IReadOnlyList<string> Features, IReadOnlyList<string> Sizes, int Price);
