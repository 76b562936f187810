using System.Globalization;

namespace RagFunctions.Api;

/// <summary>One key.</summary>
public sealed class ApiKeyOptions
{
    /// <summary>Shorter ones can be guessed.</summary>
    public const int ShortestKey = 16;

    /// <summary>The value of <c>X-API-KEY</c>.</summary>
    public string Key { get; set; } = "";

    /// <summary>The cabinets it is limited to, with commas between them; absent: an operator, who may see and do everything.</summary>
    public string? Cabinets { get; set; }

    /// <summary>Reads <see cref="Cabinets"/>: null for an operator; false where it cannot be read.</summary>
    public bool TryReadCabinets(out IReadOnlySet<long>? cabinets)
    {
        cabinets = null;
        if (Cabinets is null)
        {
            return true;
        }

        var read = new HashSet<long>();
        foreach (var part in Cabinets.Split(','))
        {
            if (!long.TryParse(part.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var id) || id <= 0)
            {
                return false;
            }

            read.Add(id);
        }

        cabinets = read;
        return true;
    }
}
