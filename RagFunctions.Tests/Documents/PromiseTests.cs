using System.Reflection;
using System.Text.RegularExpressions;
using RagFunctions.Tests.Infra;
using Xunit.v3;

namespace RagFunctions.Tests.Documents;

/// <summary>What the documents promise has tests, and tests name promises that are there. Writes which tests those are.</summary>
public sealed partial class PromiseTests
{
    private const int Defects = 113;
    private const int Faults = 22;

    private static readonly ILookup<(string Kind, string Value), string> Tests = typeof(PromiseTests).Assembly.GetTypes()
        .SelectMany(type => type.GetMethods().Where(IsTest).SelectMany(test => TraitsOf(type).Concat(TraitsOf(test)).Select(trait => (trait, Name: $"{type.Name}.{test.Name}"))))
        .ToLookup(pair => pair.trait, pair => pair.Name);

    [Fact]
    public void Every_promise_has_a_test_and_every_trait_a_promise() =>
        Assert.Equal(Promises().Order(StringComparer.Ordinal), Of("Guarantee").Order(StringComparer.Ordinal));

    [Fact]
    public void Every_defect_of_the_original_has_a_test_or_a_reason()
    {
        var verdicts = Rows("defects.md", DefectRow()).ToList();
        Assert.Equal(Enumerable.Range(1, Defects).Select(number => $"{number}"), verdicts.Select(row => row.Groups[1].Value));
        Assert.Equal(
            verdicts.Where(row => row.Groups[2].Value.Trim().StartsWith("tested", StringComparison.Ordinal)).Select(row => row.Groups[1].Value).Order(StringComparer.Ordinal),
            Of("Defect").Order(StringComparer.Ordinal));
        Assert.All(
            verdicts.Where(row => !row.Groups[2].Value.Trim().StartsWith("tested", StringComparison.Ordinal)),
            row => Assert.True(row.Groups[2].Value.Trim().Split(' ').Length >= 4, $"{row.Groups[1].Value}: neither a test nor a reason"));
    }

    [Fact]
    public void Every_fault_that_was_brought_about_has_a_test()
    {
        var numbers = Enumerable.Range(1, Faults).Select(number => $"{number}").ToList();
        Assert.Equal(numbers, Rows("faults.md", DefectRow()).Select(row => row.Groups[1].Value));
        Assert.Equal(numbers.Order(StringComparer.Ordinal), Of("Fault").Order(StringComparer.Ordinal));
    }

    [Fact]
    [Trait("Defect", "75")]
    public async Task The_tests_of_each_promise_defect_and_fault_are_listed()
    {
        var path = Repository.PathOf("artifacts", "guarantees.md");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllLinesAsync(
            path,
            [
                "# Which tests prove what", "", "Made by a run of the suite.", "",
                .. Promises().Select(promise => Line(promise, ("Guarantee", promise))),
                .. Enumerable.Range(1, Defects).Select(number => $"{number}").Where(number => Tests.Contains(("Defect", number)))
                    .Select(number => Line($"defect {number}", ("Defect", number))),
                .. Enumerable.Range(1, Faults).Select(number => Line($"fault {number}", ("Fault", $"{number}"))),
            ],
            TestContext.Current.CancellationToken);
        Assert.True(new FileInfo(path).Length > 0);
    }

    private static string Line(string name, (string Kind, string Value) trait) =>
        $"- {name}: {string.Join(", ", Tests[trait].Distinct().Order(StringComparer.Ordinal))}";

    private static IEnumerable<string> Of(string kind) => Tests.Select(group => group.Key).Where(trait => trait.Kind == kind).Select(trait => trait.Value);

    private static IEnumerable<string> Promises() => Rows("guarantees.md", PromiseRow()).Select(row => row.Groups[1].Value);

    private static IEnumerable<Match> Rows(string document, Regex row) =>
        File.ReadLines(Repository.PathOf("docs", document)).Select(line => row.Match(line)).Where(match => match.Success);

    private static bool IsTest(MethodInfo method) => method.GetCustomAttributes(inherit: true).OfType<IFactAttribute>().Any();

    private static IEnumerable<(string Kind, string Value)> TraitsOf(MemberInfo member) =>
        member.GetCustomAttributes<TraitAttribute>().Select(trait => (trait.Name, trait.Value));

    [GeneratedRegex(@"^\| (\d+) \|(.*)\|\s*$")]
    private static partial Regex DefectRow();

    [GeneratedRegex(@"^\| `([a-z-]+)` \|")]
    private static partial Regex PromiseRow();
}
