using System.Text.Json.Serialization;

namespace RagFunctions.Core.Marketplace.Client.Wire;

internal sealed record CardsRequest(CardsRequest.SettingsPart Settings)
{
    internal sealed record SettingsPart(CursorPart Cursor, FilterPart? Filter, SortPart Sort);

    internal sealed record CursorPart(
        int Limit,
        string? UpdatedAt,
        string? TrashedAt,
        [property: JsonPropertyName("nmID")] long? NmId);

    /// <summary>-1 = with and without photo.</summary>
    internal sealed record FilterPart(int WithPhoto);

    internal sealed record SortPart(bool Ascending);
}
