using System.Text.RegularExpressions;
using RagFunctions.Tests.Infra;
using Xunit.v3;

namespace RagFunctions.Tests.Documents;

/// <summary>Documents that name tests as proof: the tests are there, under those names.</summary>
public sealed partial class NamedTestTests
{
    private const int Defects = 113;

    [Theory]
    [InlineData("defects.md")]
    [InlineData("guarantees.md")]
    public void Every_test_that_a_document_names_exists(string document)
    {
        var path = Repository.PathOf("docs", document);
        var named = NamesIn(File.ReadLines(path)).ToList();

        Assert.NotEmpty(named);
        Assert.Empty(named.Where(name => !Exists(name.Class, name.Method)).Select(name => $"line {name.Line}: {name.Class}.{name.Method}"));
    }

    [Fact]
    public void Every_defect_of_the_original_has_a_test_or_a_reason()
    {
        var rows = File.ReadLines(Repository.PathOf("docs", "defects.md")).Select(line => Row().Match(line)).Where(row => row.Success).ToList();

        Assert.Equal(Enumerable.Range(1, Defects), rows.Select(row => int.Parse(row.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)));
        Assert.All(rows, row =>
        {
            var proof = row.Groups[2].Value.Trim();
            Assert.True(NamesIn([proof]).Any() || proof.Split(' ').Length >= 5, $"{row.Groups[1].Value}: '{proof}' is neither a test nor a reason");
            Assert.DoesNotContain("comes with", proof, StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("| 1 | `ATests.One`, `.Two` and `Writer.Three`; `BTests` (all) |", "ATests.One", "ATests.Two", "BTests.")]
    [InlineData("`ATests.One`: see `other`, `.Two`", "ATests.One", "ATests.Two")]
    [InlineData("`Writer.WriteAsync` without a test")]
    public void A_name_that_begins_with_a_dot_belongs_to_the_class_before_it(string line, params string[] expected) =>
        Assert.Equal(expected, NamesIn([line]).Select(name => $"{name.Class}.{name.Method}"));

    private static IEnumerable<(int Line, string Class, string Method)> NamesIn(IEnumerable<string> lines)
    {
        var number = 0;
        foreach (var line in lines)
        {
            number++;
            string? last = null;
            foreach (Match name in Name().Matches(line))
            {
                last = name.Groups["class"].Success ? name.Groups["class"].Value : last;
                if (last is not null)
                {
                    yield return (number, last, name.Groups["method"].Value);
                }
            }
        }
    }

    // The name of a class alone stands for all of its tests.
    private static bool Exists(string type, string method) => typeof(NamedTestTests).Assembly.GetTypes().Any(candidate =>
        candidate.Name == type && candidate.GetMethods().Any(member =>
            (method.Length == 0 || member.Name == method) && member.GetCustomAttributes(inherit: true).OfType<IFactAttribute>().Any()));

    [GeneratedRegex(@"^\| (\d+) \|(.*)\|\s*$")]
    private static partial Regex Row();

    [GeneratedRegex(@"`(?:(?<class>[A-Z][A-Za-z0-9]*Tests)(?:\.(?<method>[A-Za-z0-9_]+))?|\.(?<method>[A-Z][A-Za-z0-9_]+))`")]
    private static partial Regex Name();
}
