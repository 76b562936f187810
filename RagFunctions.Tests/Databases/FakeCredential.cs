using Azure.Core;

namespace RagFunctions.Tests.Databases;

/// <summary>Stands for Entra: gives whatever token the test says, or fails as the test says.</summary>
internal sealed class FakeCredential(Func<string> token) : TokenCredential
{
    private int _asked;

    /// <summary>How often a token was asked for.</summary>
    public int Asked => Volatile.Read(ref _asked);

    /// <summary>The scopes asked for last.</summary>
    public string[] Scopes { get; private set; } = [];

    public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
    {
        Scopes = requestContext.Scopes;
        Interlocked.Increment(ref _asked);
        return new AccessToken(token(), DateTimeOffset.MaxValue);
    }

    public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
        new(GetToken(requestContext, cancellationToken));
}
