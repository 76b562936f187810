using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using RagFunctions.Core;

namespace RagFunctions.Cli.Commands;

/// <summary><c>--ids orders=1,2 --ids sales=3</c>: row primary keys of changed rows.</summary>
internal static class ChangedIdsOption
{
    public static Option<Dictionary<Entity, IReadOnlyCollection<long>>?> Create() => new("--ids")
    {
        Description = "Changed rows by primary key, such as orders=1,2; entities: orders, products, stocks, reviews, sales.",
        AllowMultipleArgumentsPerToken = true,
        Arity = ArgumentArity.OneOrMore,
        CustomParser = Parse,
    };

    private static Dictionary<Entity, IReadOnlyCollection<long>>? Parse(ArgumentResult result)
    {
        Dictionary<Entity, IReadOnlyCollection<long>> changed = [];
        foreach (var token in result.Tokens)
        {
            var parts = token.Value.Split('=', 2);
            if (parts.Length != 2 || !EntityNames.TryParseWireName(parts[0], out var entity))
            {
                result.AddError($"'{token.Value}' is not of the form orders=1,2 (orders, products, stocks, reviews, sales).");
                return null;
            }

            List<long> ids = [];
            foreach (var text in parts[1].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) || id == 0)
                {
                    result.AddError($"'{text}' in '{token.Value}' is not a primary key: a whole number above 0.");
                    return null;
                }

                ids.Add(id);
            }

            changed[entity] = changed.TryGetValue(entity, out var before) ? [.. before, .. ids] : ids;
        }

        return changed;
    }
}
