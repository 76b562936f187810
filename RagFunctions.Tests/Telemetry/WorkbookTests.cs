using System.Text.Json.Nodes;
using RagFunctions.Tests.Infra;

namespace RagFunctions.Tests.Telemetry;

/// <summary>Every chart of the workbook, drawn from what local runs send to Azure Monitor.</summary>
[Collection(AloneDefinition.Name)]
public sealed class WorkbookTests(RecordedConditions recorded)
{
    public static TheoryData<string> Charts => [.. Queries().Keys];

    [Theory]
    [MemberData(nameof(Charts))]
    public void A_chart_has_rows_and_no_empty_column(string chart)
    {
        var rows = KustoQuery.Run(Queries()[chart], recorded.All, out var missing);
        Assert.Empty(missing);
        Assert.NotEmpty(rows);
        Assert.All(rows[0].Keys, column => Assert.Contains(rows, row => row[column] is not (null or "" or double.NaN)));
    }

    [Fact]
    public async Task The_workbook_of_the_template_is_this_file()
    {
        var compiled = (await BicepCompiler.TemplateAsync()).Module("workbook");
        Assert.Contains("$fxv#0", (string)(await BicepCompiler.TemplateAsync()).Single("Microsoft.Insights/workbooks")["serializedData"]!, StringComparison.Ordinal);
        Assert.True(JsonNode.DeepEquals(Workbook(), compiled["variables"]!["$fxv#0"]));
    }

    private static JsonNode Workbook() => JsonNode.Parse(File.ReadAllText(Repository.PathOf("infra", "bicep", "modules", "workbook.json")))!;

    private static Dictionary<string, string> Queries() => Workbook()["items"]!.AsArray()
        .Where(item => item!["content"]!["query"] is not null)
        .ToDictionary(item => (string)item!["name"]!, item => (string)item!["content"]!["query"]!);
}
