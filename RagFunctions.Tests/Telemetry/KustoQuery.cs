using System.Globalization;

namespace RagFunctions.Tests.Telemetry;

/// <summary>
/// Runs a query of an alert or of the workbook over recorded tables: <c>where</c> and <c>summarize … by</c> with the functions those
/// use. A table, column or function it does not know is an error, and so is a property that no row of the table has.
/// </summary>
internal sealed class KustoQuery
{
    private delegate object? Expression(IReadOnlyList<IReadOnlyDictionary<string, object?>> rows);

    private readonly KustoTokens _tokens;
    private readonly HashSet<string> _asked = [];
    private readonly HashSet<string> _found = [];

    private KustoQuery(string text) => _tokens = new KustoTokens(text);

    /// <summary>The rows that the query gives; and the properties it asks for that no row it looked at has.</summary>
    public static IReadOnlyList<IReadOnlyDictionary<string, object?>> Run(string text, MonitorTables tables, out IReadOnlyList<string> missing)
    {
        var query = new KustoQuery(text);
        var rows = query.Run(tables);
        missing = [.. query._asked.Except(query._found)];
        return rows;
    }

    private IReadOnlyList<IReadOnlyDictionary<string, object?>> Run(MonitorTables tables)
    {
        var table = _tokens.Name();
        Assert.True(table is "AppMetrics" or "AppRequests" or "AppTraces" or "AppDependencies" or "AppExceptions", $"no table {table}");
        IReadOnlyList<IReadOnlyDictionary<string, object?>> rows = tables[table];
        while (_tokens.Take("|"))
        {
            rows = _tokens.Name() switch
            {
                "where" => Where(rows, Condition()),
                "summarize" => Summarize(rows),
                var stage => throw new NotSupportedException($"stage {stage}"),
            };
        }

        _tokens.End();
        return rows;
    }

    private static List<IReadOnlyDictionary<string, object?>> Where(IReadOnlyList<IReadOnlyDictionary<string, object?>> rows, Expression condition) =>
        [.. rows.Where(row => condition([row]) is true)];

    private List<IReadOnlyDictionary<string, object?>> Summarize(IReadOnlyList<IReadOnlyDictionary<string, object?>> rows)
    {
        var values = Columns();
        var keys = _tokens.Take("by") ? Columns() : [];
        // Without keys there is one row, also of nothing.
        var groups = keys.Count == 0
            ? [rows]
            : rows.GroupBy(row => string.Join('\u001f', keys.Select(key => Text(key.Value([row])))), StringComparer.Ordinal)
                .Select(IReadOnlyList<IReadOnlyDictionary<string, object?>> (group) => [.. group]);
        return [.. groups.Select(group => keys.Concat(values).ToDictionary(column => column.Key, column => column.Value(group)))];
    }

    private List<KeyValuePair<string, Expression>> Columns()
    {
        List<KeyValuePair<string, Expression>> columns = [];
        do
        {
            // bin(TimeGenerated, 5m) keeps the name of its column.
            var name = _tokens.Peek(1) == "=" ? _tokens.Name() : _tokens.Peek(2);
            _tokens.Take("=");
            columns.Add(new(name, Sum()));
        }
        while (_tokens.Take(","));
        return columns;
    }

    private Expression Condition()
    {
        var left = Comparison();
        while (_tokens.Take("and"))
        {
            var (first, second) = (left, Comparison());
            left = rows => first(rows) is true && second(rows) is true;
        }

        return left;
    }

    private Expression Comparison()
    {
        var left = Sum();
        switch (_tokens.Operator())
        {
            case "==":
                var equal = Sum();
                return rows => Equals(Comparable(left(rows)), Comparable(equal(rows)));
            case "!=":
                var other = Sum();
                return rows => !Equals(Comparable(left(rows)), Comparable(other(rows)));
            case ">":
                var lower = Sum();
                return rows => Number(left(rows)) > Number(lower(rows));
            case ">=":
                var least = Sum();
                return rows => Number(left(rows)) >= Number(least(rows));
            case "!between":
                _tokens.Expect("(");
                var from = Sum();
                _tokens.Expect("..");
                var to = Sum();
                _tokens.Expect(")");
                return rows => Number(left(rows)) < Number(from(rows)) || Number(left(rows)) > Number(to(rows));
            default:
                return left;
        }
    }

    private Expression Sum()
    {
        var left = Value();
        while (_tokens.Peek(0) is "*" or "/")
        {
            var isProduct = _tokens.Take("*");
            if (!isProduct)
            {
                _tokens.Expect("/");
            }

            var (first, second) = (left, Value());
            left = rows => isProduct ? Number(first(rows)) * Number(second(rows)) : Number(first(rows)) / Number(second(rows));
        }

        return left;
    }

    private Expression Value()
    {
        if (_tokens.Literal() is { } literal)
        {
            return _ => literal;
        }

        var name = _tokens.Name();
        if (name is "true" or "false")
        {
            return _ => name == "true";
        }

        if (_tokens.Take("("))
        {
            return Function(name);
        }

        if (_tokens.Take("["))
        {
            var property = (string)_tokens.Literal()!;
            _tokens.Expect("]");
            _asked.Add(property);
            return rows => PropertyOf(rows[0], name, property);
        }

        return rows => rows[0].TryGetValue(name, out var value) ? value : throw new KeyNotFoundException($"no column {name} among {string.Join(", ", rows[0].Keys)}");
    }

    private Expression Function(string name)
    {
        List<Expression> arguments = [];
        while (!_tokens.Take(")"))
        {
            arguments.Add(Condition());
            _tokens.Take(",");
        }

        return name switch
        {
            "count" => rows => (double)rows.Count,
            "sum" => rows => rows.Sum(row => Number(arguments[0]([row]))),
            "max" => rows => rows.Count == 0 ? null : rows.Max(row => Number(arguments[0]([row]))),
            "sumif" => rows => rows.Sum(row => arguments[1]([row]) is true ? Number(arguments[0]([row])) : 0),
            "tostring" => rows => Text(arguments[0](rows)),
            "toint" => rows => int.TryParse(Text(arguments[0](rows)), CultureInfo.InvariantCulture, out var number) ? (double)number : null,
            "bin" => rows => Bin((DateTimeOffset)arguments[0](rows)!, (TimeSpan)arguments[1](rows)!),
            _ => throw new NotSupportedException($"function {name}"),
        };
    }

    private string? PropertyOf(IReadOnlyDictionary<string, object?> row, string column, string property)
    {
        var bag = (IReadOnlyDictionary<string, string?>)row[column]!;
        if (bag.TryGetValue(property, out var value))
        {
            _found.Add(property);
        }

        return value;
    }

    private static DateTimeOffset Bin(DateTimeOffset time, TimeSpan width) => new(time.UtcTicks - (time.UtcTicks % width.Ticks), TimeSpan.Zero);

    private static object? Comparable(object? value) => value is int or long ? Number(value) : value;

    // Nothing compares with null: double.NaN is neither more nor less than any number.
    private static double Number(object? value) => value is null ? double.NaN : Convert.ToDouble(value, CultureInfo.InvariantCulture);

    private static string Text(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
}
