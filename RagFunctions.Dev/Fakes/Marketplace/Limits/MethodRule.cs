using RagFunctions.Dev.Fakes.Marketplace.Tokens;

namespace RagFunctions.Dev.Fakes.Marketplace.Limits;

/// <summary>Who may call a method, and how often.</summary>
/// <param name="Bucket">Methods of the same name share a bucket.</param>
/// <param name="Category">What the token must have; none = any token.</param>
/// <param name="Normal">Limit of personal and service tokens.</param>
/// <param name="Basic">Limit of basic tokens; null = they are refused with 403.</param>
public sealed record MethodRule(string Bucket, TokenScopes Category, MethodLimit Normal, MethodLimit? Basic)
{
    /// <summary>The limit of a kind of token; null = refused.</summary>
    public MethodLimit? For(TokenType type) => type == TokenType.Basic ? Basic : Normal;
}
