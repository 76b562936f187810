using System.Text.Json.Nodes;

namespace RagFunctions.Tests.Telemetry;

/// <summary>What a workspace would hold: rows by table, each row by column.</summary>
/// <remarks>
/// Columns as documented for the tables of Application Insights in a workspace. A measurement that is sent as a single value has no
/// count, least and greatest of its own: the service sets them to 1 and the value.
/// </remarks>
internal sealed class MonitorTables
{
    private readonly Dictionary<string, List<IReadOnlyDictionary<string, object?>>> _tables = [];

    /// <summary>Rows of a table; none where nothing was sent.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, object?>> this[string table] => _tables.GetValueOrDefault(table, []);

    public IEnumerable<string> Names => _tables.Keys;

    /// <summary>All rows of several recordings.</summary>
    public static MonitorTables Union(IEnumerable<MonitorTables> tables)
    {
        var union = new MonitorTables();
        foreach (var (name, rows) in tables.SelectMany(one => one._tables))
        {
            union.Of(name).AddRange(rows);
        }

        return union;
    }

    /// <summary>Adds what an envelope of the ingestion service holds.</summary>
    public void Add(JsonObject envelope)
    {
        var data = envelope["data"]!["baseData"]!.AsObject();
        Dictionary<string, object?> row = new()
        {
            ["TimeGenerated"] = envelope["time"]!.GetValue<DateTimeOffset>(),
            ["OperationName"] = (string?)envelope["tags"]?["ai.operation.name"],
            ["AppRoleName"] = (string?)envelope["tags"]?["ai.cloud.role"],
            ["Properties"] = data["properties"]?.AsObject().ToDictionary(property => property.Key, property => (string?)property.Value) ?? [],
        };
        switch ((string)envelope["data"]!["baseType"]!)
        {
            case "MetricData":
                AddMetrics(row, data["metrics"]!.AsArray());
                break;
            case "RequestData":
                Add("AppRequests", row, data, ("Name", "name"), ("Success", "success"), ("ResultCode", "responseCode"));
                break;
            case "RemoteDependencyData":
                Add("AppDependencies", row, data, ("Name", "name"), ("Success", "success"), ("ResultCode", "resultCode"), ("DependencyType", "type"), ("Target", "target"));
                break;
            case "MessageData":
                Add("AppTraces", row, data, ("Message", "message"), ("SeverityLevel", "severityLevel"));
                break;
            case "ExceptionData":
                Add("AppExceptions", row, data["exceptions"]![0]!, ("ExceptionType", "typeName"), ("OuterMessage", "message"));
                break;
        }
    }

    private List<IReadOnlyDictionary<string, object?>> Of(string table) =>
        _tables.TryGetValue(table, out var rows) ? rows : _tables[table] = [];

    private void AddMetrics(Dictionary<string, object?> row, JsonArray metrics)
    {
        foreach (var metric in metrics)
        {
            var value = metric!["value"]!.GetValue<double>();
            Of("AppMetrics").Add(new Dictionary<string, object?>(row)
            {
                ["Name"] = (string)metric["name"]!,
                ["Sum"] = value,
                ["Min"] = metric["min"]?.GetValue<double>() ?? value,
                ["Max"] = metric["max"]?.GetValue<double>() ?? value,
                ["ItemCount"] = metric["count"]?.GetValue<double>() ?? 1d,
            });
        }
    }

    private void Add(string table, Dictionary<string, object?> row, JsonNode data, params ReadOnlySpan<(string Column, string Field)> columns)
    {
        foreach (var (column, field) in columns)
        {
            row[column] = data[field] switch
            {
                null => null,
                var node when node.GetValueKind() == System.Text.Json.JsonValueKind.String => (string)node!,
                var node when node.GetValueKind() == System.Text.Json.JsonValueKind.Number => (double)node!,
                var node => (bool)node!,
            };
        }

        Of(table).Add(row);
    }
}
