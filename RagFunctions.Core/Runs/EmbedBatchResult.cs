namespace RagFunctions.Core.Runs;

/// <summary>What one interval came to. Trouble with the provider is a value here, never an exception.</summary>
/// <param name="Superseded">The token is no longer the cabinet's.</param>
/// <param name="Embedded">Chunks that got a vector from the provider.</param>
/// <param name="Reused">Chunks that got the vector of an identical text.</param>
/// <param name="FailedChunks">Chunks whose text the provider refuses; the error is stored with the chunk.</param>
/// <param name="Requests">Requests sent.</param>
/// <param name="Inputs">Texts sent and answered.</param>
/// <param name="Tokens">Tokens the provider counted.</param>
/// <param name="RetryAt">Set: the provider asks to wait (429, outage); the rest of the interval is still pending.</param>
/// <param name="StopError">Set: configuration is wrong (key, deployment, quota); no other batch can succeed. Nothing is marked failed.</param>
/// <param name="Error">A batch-level error worth keeping (for example a malformed answer); the chunks are still pending.</param>
/// <param name="EmbedMs">Milliseconds waiting for the provider.</param>
/// <param name="SaveMs">Milliseconds reading and writing the index.</param>
public sealed record EmbedBatchResult(
    bool Superseded = false,
    long Embedded = 0,
    long Reused = 0,
    long FailedChunks = 0,
    long Requests = 0,
    long Inputs = 0,
    long Tokens = 0,
    DateTimeOffset? RetryAt = null,
    string? StopError = null,
    string? Error = null,
    long EmbedMs = 0,
    long SaveMs = 0);
