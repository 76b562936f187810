namespace RagFunctions.Core.Chunks;

/// <summary>What an entity's class says about a row.</summary>
/// <param name="Text">Everything, on one line.</param>
/// <param name="Subject">The row in a few words: it begins every part but the first of a text that is split, so that each part is understood alone.</param>
internal readonly record struct RowText(string Text, Func<string> Subject)
{
    /// <summary>Names are cut to so many characters in a subject: it must leave most of a part to the text.</summary>
    public const int ClippedName = 80;

    /// <summary>The words that tell which article a row is about, short.</summary>
    public static LineWriter Article(LineWriter line, string? name, long? nmId) =>
        line.Quote("товар ", CleanText.Clip(CleanText.Of(name), ClippedName)).Number("артикул ", nmId);
}
