namespace RagFunctions.Dev.Fakes.Embeddings;

/// <summary>A request that reached the server.</summary>
/// <param name="Path">Path and query.</param>
/// <param name="Model">The model in the body.</param>
/// <param name="Dimensions">The length asked for.</param>
/// <param name="Inputs">The texts.</param>
/// <param name="Tokens">As the server counts them.</param>
/// <param name="Status">What it was answered; 0 when the connection was cut or hung.</param>
public sealed record ReceivedRequest(string Path, string? Model, int Dimensions, IReadOnlyList<string> Inputs, long Tokens, int Status);
