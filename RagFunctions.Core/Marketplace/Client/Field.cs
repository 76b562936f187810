using System.Diagnostics.CodeAnalysis;

namespace RagFunctions.Core.Marketplace.Client;

/// <summary>Checks what a row must have; errors name the field as in the answer.</summary>
internal static class Field
{
    /// <summary>The value, which must be there.</summary>
    public static T Required<T>([NotNull] T? value, string name)
        where T : struct => value ?? throw new MarketplaceFormatException(name, "is missing");

    /// <summary>A text that must be there and fit: an identity must never be cut.</summary>
    /// <param name="longest">The length of the column that holds it.</param>
    public static string Required([NotNull] string? value, string name, int longest) =>
        string.IsNullOrWhiteSpace(value) ? throw new MarketplaceFormatException(name, "is missing")
        : value.Length > longest ? throw new MarketplaceFormatException(name, $"has {value.Length} characters, more than {longest}")
        : value;

    /// <summary>A date that must be there.</summary>
    public static DateTimeOffset RequiredTime(string? value, string name) =>
        Time(value, name) ?? throw new MarketplaceFormatException(name, "is missing");

    /// <summary>A date, if there is one.</summary>
    public static DateTimeOffset? Time(string? value, string name)
    {
        try
        {
            return MarketplaceTime.Parse(value);
        }
        catch (FormatException e)
        {
            throw new MarketplaceFormatException(name, $"is unreadable: {e.Message}");
        }
    }

    /// <summary>A number of pieces.</summary>
    public static int Count(long? value, string name) => Required(value, name) is >= int.MinValue and <= int.MaxValue and var count
        ? (int)count
        : throw new MarketplaceFormatException(name, "is beyond every stock");
}

/// <summary>The marketplace answered, but not as it promises: something required is missing or unreadable.</summary>
public sealed class MarketplaceFormatException(string field, string problem)
    : Exception($"The marketplace's answer breaks its contract: {field} {problem}.")
{
    /// <summary>What is wrong, in a few words: <c>srid is missing</c>.</summary>
    public string Problem { get; } = $"{field} {problem}";
}
