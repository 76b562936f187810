namespace Microsoft.Azure.Functions.Worker.Http;

/// <summary>The worker's own request type: only in signatures here, the functions take ASP.NET Core's.</summary>
public abstract class HttpRequestData
{
    private protected HttpRequestData()
    {
    }
}
