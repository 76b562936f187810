using Microsoft.AspNetCore.Http;

namespace RagFunctions.Api;

/// <summary>Who calls, as <see cref="ApiGate"/> has found.</summary>
/// <param name="Cabinets">The only cabinets it may ask for; null for an operator.</param>
public sealed record ApiCaller(IReadOnlySet<long>? Cabinets)
{
    private static readonly object Item = typeof(ApiCaller);

    /// <summary>Sees everything, also what belongs to no single cabinet.</summary>
    public bool IsOperator => Cabinets is null;

    /// <summary>May ask for the cabinet.</summary>
    public bool MayUse(long cabinetId) => Cabinets is null || Cabinets.Contains(cabinetId);

    /// <summary>The caller of a request.</summary>
    /// <exception cref="InvalidOperationException">The request has not come through the gate.</exception>
    public static ApiCaller Of(HttpRequest request) =>
        request.HttpContext.Items[Item] as ApiCaller
        ?? throw new InvalidOperationException("The request has not been checked: is ApiGate registered after ConfigureFunctionsWebApplication?");

    internal void Enter(HttpContext http) => http.Items[Item] = this;
}
