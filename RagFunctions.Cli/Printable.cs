namespace RagFunctions.Cli;

/// <summary>Texts that others wrote (sellers, the marketplace): in a terminal their control characters would be commands.</summary>
internal static class Printable
{
    /// <summary>The text with a question mark for each control character.</summary>
    public static string Of(string text) => new([.. text.Select(c => char.IsControl(c) ? '?' : c)]);
}
