using System.Diagnostics.CodeAnalysis;

namespace RagFunctions.Core.Marketplace.Client;

/// <summary>Checks what a row must have; errors name the row and the field as in the answer.</summary>
internal readonly record struct Field(string List, int Row)
{
    public T Required<T>([NotNull] T? value, string name)
        where T : struct => value ?? throw Missing(name);

    public string Required([NotNull] string? value, string name) => string.IsNullOrEmpty(value) ? throw Missing(name) : value;

    /// <summary>The row itself: null instead of an object breaks the contract too.</summary>
    public T Present<T>([NotNull] T? row)
        where T : class => row ?? throw new MarketplaceFormatException(Row < 0 ? List : $"{List}[{Row}]", "is null");

    public DateTimeOffset RequiredTime(string? value, string name) => Time(value, name) ?? throw Missing(name);

    public DateTimeOffset? Time(string? value, string name)
    {
        try
        {
            return MarketplaceTime.Parse(value);
        }
        catch (FormatException e)
        {
            throw new MarketplaceFormatException(Path(name), $"is unreadable: {e.Message}");
        }
    }

    public int Count(long? value, string name) => Required(value, name) is >= int.MinValue and <= int.MaxValue and var count
        ? (int)count
        : throw new MarketplaceFormatException(Path(name), "is beyond every stock");

    private MarketplaceFormatException Missing(string name) => new(Path(name), "is missing");

    private string Path(string name) => Row < 0 ? $"{List}.{name}" : $"{List}[{Row}].{name}";
}

/// <summary>The marketplace answered, but not as it promises: a required field is missing or unreadable.</summary>
public sealed class MarketplaceFormatException(string field, string problem)
    : Exception($"The marketplace's answer breaks its contract: {field} {problem}.")
{
    /// <summary>The field, with its place in the answer: <c>orders[3].srid</c>.</summary>
    public string Field { get; } = field;
}
