using RagFunctions.Core.Search;
using RagFunctions.Dev.Questions;
using RagFunctions.Tests.Infra;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Search;

/// <summary>The kept questions over the generated shop: what they are made of, and what the search makes of them.</summary>
public sealed class QuestionSetTests : IAsyncLifetime
{
    private TestDatabase _database = null!;
    private QuestionShop _shop = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static IEnumerable<string> Kept => File.ReadLines(Repository.PathOf(QuestionsCommand.KeptFile.Split('/')));

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _shop = await QuestionShop.IndexAsync(_database.ConnectionString, Stop);
    }

    public async ValueTask DisposeAsync()
    {
        await _shop.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task The_kept_questions_are_those_of_the_generators_facts()
    {
        var made = ShopQuestions.Of(await ShopFacts.ReadAsync(_shop, Stop));
        Assert.Equal(made.Select(QuestionsCommand.Line), Kept);
        Assert.True(made.Count >= 60, $"{made.Count} questions");
        Assert.All(made.GroupBy(question => question.Group), group => Assert.InRange(group.Count(), 10, 11));
        await using var command = _database.Source.CreateCommand("SELECT source_table || ' ' || source_id FROM rag_metadata");
        HashSet<string> indexed = [];
        await using (var reader = await command.ExecuteReaderAsync(Stop))
        {
            while (await reader.ReadAsync(Stop))
            {
                indexed.Add(reader.GetString(0));
            }
        }

        Assert.DoesNotContain(made.SelectMany(question => question.Relevant), row => !indexed.Contains($"wb_{row.Kind} {row.RowId}"));
    }

    [Fact]
    public async Task Both_ways_together_are_no_worse_than_the_better_one()
    {
        var figures = await new SearchEvaluation(_shop.Search)
            .MeasureEveryModeAsync(_shop.CabinetId, SearchEvaluation.Read(Kept), depth: 10, againstExact: false, Stop);
        Assert.Equal(["hybrid", "vector", "text"], figures.Select(mode => mode.Mode));
        var told = string.Join(", ", figures.Select(mode => $"{mode.Mode} {mode.Ndcg10}"));
        Assert.True(figures[0].Ndcg10 >= Math.Max(figures[1].Ndcg10, figures[2].Ndcg10), told);
        // Words alone answer what is asked by number, word forms alone what is misspelt: either way must do its own.
        Assert.True(Of(figures[2], "article") > 0.9 && Of(figures[1], "typo") > 0.9, told);
    }

    private static double Of(SearchFigures figures, string group) => figures.Groups!.Single(one => one.Group == group).Ndcg10;
}
