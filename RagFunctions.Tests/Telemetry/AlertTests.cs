using System.Text.Json.Nodes;
using RagFunctions.Tests.Infra;

namespace RagFunctions.Tests.Telemetry;

/// <summary>
/// The rules of the compiled template, run over what a local run sends to Azure Monitor when their condition holds: a metric, a
/// dimension or a value that is renamed on one side alone fires nothing.
/// </summary>
[Collection(AloneDefinition.Name)]
[Trait("Guarantee", "told")]
public sealed class AlertTests(RecordedConditions recorded)
{
    public static TheoryData<string> Provoked => [.. AlertConditions.Provoked.Keys];

    public static TheoryData<string> Harmless => [.. AlertConditions.Harmless.Keys];

    [Theory]
    [Trait("Fault", "16")]
    [MemberData(nameof(Provoked))]
    public async Task A_rule_fires_when_its_condition_holds_and_no_other_does(string condition)
    {
        // What the guard keeps from being deleted is at the same time too much.
        string[] expected = condition == "blocked" ? ["blocked", "differences"] : [condition];
        Assert.Equal(expected, (await FiringAsync(recorded.Of(condition))).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Harmless))]
    public async Task Nobody_is_told_of(string happening) => Assert.Empty(await FiringAsync(recorded.Of(happening)));

    [Fact]
    public async Task Every_rule_has_its_condition_provoked() =>
        Assert.Equal((await RulesAsync()).Keys.Order(), AlertConditions.Provoked.Keys.Order());

    [Fact]
    public async Task A_rule_counts_its_querys_rows_and_tells_the_action_group()
    {
        var rule = (await BicepCompiler.TemplateAsync()).Single("Microsoft.Insights/scheduledQueryRules");
        var criterion = rule["criteria.allOf"]![0]!;
        Assert.Contains(".value.query]", (string)criterion["query"]!, StringComparison.Ordinal);
        Assert.Equal(("Count", "GreaterThan", 0), ((string)criterion["timeAggregation"]!, (string)criterion["operator"]!, (int)criterion["threshold"]!));
        Assert.Equal("[parameters('workspaceId')]", (string)Assert.Single(rule["scopes"]!.AsArray())!);
        Assert.Contains("Microsoft.Insights/actionGroups", rule["actions.actionGroups"]!.ToJsonString(), StringComparison.Ordinal);
    }

    private static async Task<Dictionary<string, string>> RulesAsync()
    {
        var rules = (await BicepCompiler.TemplateAsync()).Module("alerts")["variables"]!["rules"]!.AsObject();
        return rules.ToDictionary(rule => rule.Key, rule => Query(rule.Value!));
    }

    // The one parameter of a query.
    private static string Query(JsonNode rule)
    {
        var compiled = (string)rule["query"]!;
        return compiled.StartsWith("[format('", StringComparison.Ordinal)
            ? compiled["[format('".Length..^"', parameters('failedChunks'))]".Length].Replace("{0}", $"{AlertConditions.FailedChunks}", StringComparison.Ordinal)
            : compiled;
    }

    private static async Task<IReadOnlyList<string>> FiringAsync(MonitorTables tables)
    {
        List<string> firing = [];
        foreach (var (name, query) in await RulesAsync())
        {
            if (KustoQuery.Run(query, tables, out var missing).Count > 0)
            {
                Assert.Empty(missing);
                firing.Add(name);
            }
        }

        return firing;
    }
}
