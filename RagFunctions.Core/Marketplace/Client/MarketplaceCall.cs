using RagFunctions.Core.Marketplace.Limits;

namespace RagFunctions.Core.Marketplace.Client;

/// <summary>One call: who, what, and the JSON body if it has one.</summary>
internal sealed record MarketplaceCall(MarketplaceAccess Access, MarketplaceMethod Method, Uri Address, byte[]? Body = null)
{
    /// <summary>Travels with the request to <see cref="LimitHandler"/>.</summary>
    public static readonly HttpRequestOptionsKey<MarketplaceCall> Key = new("marketplace-call");

    /// <summary>Set by <see cref="LimitHandler"/> when a limit stands in the way.</summary>
    public static readonly HttpRequestOptionsKey<DateTimeOffset> WaitUntil = new("marketplace-wait-until");

    public MethodRules Rules { get; } = MethodRules.Of(Method);

    public BucketKey Bucket => new(Access.Seller, Rules.Bucket, Access.Info.Kind);
}
