using System.Text.Json.Nodes;
using RagFunctions.Core.Search;
using RagFunctions.Tests.Api;
using RagFunctions.Tests.Cli;

namespace RagFunctions.Tests.Search;

/// <summary>Figures of the search are those of the text books, and the command prints them.</summary>
public sealed class SearchEvaluationTests(IndexedAppFixture indexed) : IClassFixture<IndexedAppFixture>
{
    [Theory]
    [InlineData("a", "a b c", 1, 1.0 / 3, 1, 1)]
    [InlineData("b", "a b c", 1, 1.0 / 3, 0.6309, 0.5)]
    [InlineData("a c", "a b c", 1, 2.0 / 3, 0.9197, 1)]
    [InlineData("a x", "a b c d", 0.5, 1.0 / 3, 0.6131, 1)]
    [InlineData("d", "a b c d", 0, 0, 0.4307, 0.25)]
    [InlineData("x", "", 0, 0, 0, 0)]
    public void Recall_precision_gain_and_reciprocal_rank(string relevant, string found, double recall, double precision, double gain, double reciprocal)
    {
        var figures = QuestionFigures.Of(relevant.Split(' ').ToHashSet(), found.Split(' ', StringSplitOptions.RemoveEmptyEntries), 3, 1);
        Assert.Equal(
            (recall, precision, gain, reciprocal),
            (figures.Recall, figures.Precision, Math.Round(figures.Gain, 4), figures.ReciprocalRank));
    }

    [Fact]
    public async Task The_command_measures_every_mode()
    {
        var first = await indexed.App.CountAsync("SELECT id FROM wb_products WHERE cabinet_id = 1 AND nm_id = 100001");
        var file = Path.Combine(Path.GetTempPath(), $"questions-{Guid.NewGuid():N}.jsonl");
        await File.WriteAllLinesAsync(
            file,
            Enumerable.Range(0, 5).Select(n => $$"""{"question":"Кружка {{n + 1}}","kinds":["products"],"group":"{{(n < 2 ? "first" : "others")}}","relevant":[{"kind":"products","row_id":{{first + n}}}]}"""),
            TestContext.Current.CancellationToken);
        try
        {
            var run = await RunAsync("1", file, "--depth", "5", "--against-exact", "--json");
            Assert.Equal((0, ""), (run.Code, run.Errors));
            var modes = JsonNode.Parse(run.Output)!.AsArray();
            Assert.Equal(["hybrid", "vector", "text"], modes.Select(mode => (string?)mode!["mode"]));
            Assert.All(modes, mode => Assert.Equal((5, 1.0, 0.2, 1.0), ((int)mode!["questions"]!, (double)mode["recall"]!, (double)mode["precision"]!, (double)mode["recall_of_exact"]!)));
            Assert.All(modes, mode => Assert.InRange((double)mode!["ndcg10"]!, 0.9, 1));
            Assert.All(modes, mode => Assert.Equal([("first", 2), ("others", 3)], mode!["groups"]!.AsArray().Select(group => ((string)group!["group"]!, (int)group["questions"]!))));
            var table = (await RunAsync("1", file)).Output;
            Assert.Contains("nDCG@10", table, StringComparison.Ordinal);
            Assert.Contains("5 questions", table, StringComparison.Ordinal);
            Assert.Contains("others", table, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("{}", "Line 1 is not like")]
    [InlineData("x", "Line 1 is not like")]
    [InlineData("{\"question\":\"к\",\"relevant\":[{\"kind\":\"order\",\"row_id\":1}]}", "Line 1 is not like")]
    [InlineData("", "no question")]
    public void A_file_that_is_not_understood_is_refused(string line, string said) =>
        Assert.Contains(said, Assert.Throws<FormatException>(() => SearchEvaluation.Read([line])).Message, StringComparison.Ordinal);

    private Task<CliRun> RunAsync(params string[] arguments) => CliRun.OfAsync(
        new Dictionary<string, string?>
        {
            ["ConnectionStrings__Main"] = indexed.App.Database.ConnectionString,
            ["ConnectionStrings__Rag"] = indexed.App.Database.ConnectionString,
            ["Embeddings__Provider"] = "offline",
        },
        ["eval", .. arguments]);
}
