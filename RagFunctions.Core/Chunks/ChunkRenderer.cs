using RagFunctions.Core.Source;

namespace RagFunctions.Core.Chunks;

/// <summary>Makes the texts of a source row. Pure and thread-safe: equal rows give equal texts, wherever and whenever.</summary>
public static class ChunkRenderer
{
    /// <summary>Rises with every change of any text. A cabinet indexed with an older one gets a full run; equal texts are not embedded again.</summary>
    public const int Version = 1;

    /// <summary>The chunks of <paramref name="row"/> with their hashes.</summary>
    public static RenderedRow Render(SourceRow row) => throw new NotSupportedException();
}
