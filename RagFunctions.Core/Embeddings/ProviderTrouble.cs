namespace RagFunctions.Core.Embeddings;

/// <summary>What an error of the provider asks for. A closed set: every status and every failure is one of these.</summary>
public enum ProviderTrouble
{
    /// <summary>Try later, everything as it is: 408, 409, 425, 429, 5xx, timeout, network.</summary>
    Wait,

    /// <summary>No request can succeed until somebody changes the configuration: 401, 403, 404, exhausted quota, other 3xx and 4xx.</summary>
    Stop,

    /// <summary>This request is not taken, another one may be: 400, 413, 422.</summary>
    Refuse,
}
