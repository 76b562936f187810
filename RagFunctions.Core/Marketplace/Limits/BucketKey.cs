namespace RagFunctions.Core.Marketplace.Limits;

/// <summary>One bucket: the marketplace counts per seller and method; the kind of token decides the size.</summary>
/// <param name="Seller">The seller's UUID, or <c>cabinet:{id}</c> when the token does not tell it.</param>
/// <param name="Bucket"><see cref="MethodRules.Bucket"/>.</param>
/// <param name="Kind">Basic tokens have buckets of their own.</param>
public sealed record BucketKey(string Seller, string Bucket, Tokens.TokenKind Kind);
