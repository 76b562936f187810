using Microsoft.Extensions.Time.Testing;
using RagFunctions.Core;
using RagFunctions.Core.Search;
using RagFunctions.Tests.Embeddings;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Search;

public sealed class WordSearchTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ёлка", "Елка искусственная")]
    [InlineData("елки", "Ёлка живая")]
    [InlineData("КУРТКАМИ", "куртка зимняя")]
    [InlineData("152100777", "товар, артикул 152100777, бренд")]
    [InlineData("КО-021/5", "артикул продавца КО-021/5, бренд")]
    [InlineData("размер 44-46", "размер 44-46, 1 шт.")]
    [InlineData("S", "размер S, 1 шт.")]
    [InlineData("04.11.2026", "Заказ от 04.11.2026: товар")]
    [InlineData("2506", "цена 2506.00 ₽, скидка")]
    [InlineData("рейтинг 4.5", "рейтинг 4.5 из 5")]
    [InlineData("понравилась", "Хорошая.Понравилась!!!👍")]
    [InlineData("супер", "супер👍👍")]
    [InlineData("S20070000979", "номер заказа S20070000979, корзина")]
    public async Task A_word_is_found_however_it_is_written(string question, string text)
    {
        await using var scene = await SceneAsync([text, "ничего такого", "другое"]);
        Assert.Equal(text, (await FindAsync(scene, question))[0].Text);
    }

    [Fact]
    public async Task Rare_words_outweigh_any_number_of_common_ones()
    {
        await using var scene = await SceneAsync(
            [.. Enumerable.Range(1, 40).Select(i => $"заказ товар покупатель номер {i}"), "потайная молния"]);
        var hits = await FindAsync(scene, "какой заказ, какой товар и какой покупатель: молния", limit: 200);
        Assert.Equal("потайная молния", hits[0].Text);
        Assert.True(hits[0].Score > 3 * hits[1].Score);
        Assert.Equal(41, hits.Count);
    }

    [Fact]
    public async Task Rarity_is_that_inside_the_cabinet()
    {
        await using var other = await SceneAsync([.. Enumerable.Range(1, 50).Select(i => $"молния {i}")]);
        await using var scene = await SceneAsync(["молния", .. Enumerable.Range(1, 50).Select(i => $"пуговица {i}")]);
        Assert.Equal("молния", (await FindAsync(scene, "пуговица или молния"))[0].Text);
    }

    [Fact]
    public async Task A_chunk_is_found_by_word_while_its_vector_is_pending()
    {
        await using var scene = await EmbeddingScene.SetAsync(fixture);
        await scene.AddChunksAsync("потайная молния");
        var hit = Assert.Single(await FindAsync(scene, "молния"));
        Assert.Equal((null, null, 1L), (hit.Similarity, hit.VectorRank, hit.TextRank));
        await scene.ExecuteAsync("UPDATE rag_metadata SET chunk_text = 'пуговица' WHERE cabinet_id = $1", scene.CabinetId);
        Assert.Empty(await FindAsync(scene, "молния"));
        Assert.Single(await FindAsync(scene, "пуговица"));
    }

    [Fact]
    [Trait("Guarantee", "tenants")]
    public async Task No_word_of_another_cabinet_is_ever_found()
    {
        await using var other = await SceneAsync(["чужая тайна"]);
        await using var scene = await SceneAsync(["своё"]);
        Assert.Empty(await FindAsync(scene, "чужая тайна"));
        Assert.Empty(await FindAsync(scene, $"{other.CabinetId}:тайн '{other.CabinetId}:тайн' | тайн:*"));
        Assert.Equal("чужая тайна", Assert.Single(await FindAsync(other, "тайна")).Text);
    }

    [Fact]
    [Trait("Guarantee", "tenants")]
    public async Task What_is_expired_or_deactivated_is_not_found_by_word()
    {
        await using var scene = await SceneAsync(["молния"]);
        await scene.ExecuteAsync("UPDATE rag_metadata SET expires_at = $2 WHERE cabinet_id = $1", scene.CabinetId, _time.GetUtcNow().AddSeconds(1));
        Assert.Single(await FindAsync(scene, "молния"));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(await FindAsync(scene, "молния"));
        await scene.ExecuteAsync("UPDATE rag_metadata SET expires_at = NULL WHERE cabinet_id = $1", scene.CabinetId);
        Assert.Single(await FindAsync(scene, "молния"));
        await scene.ExecuteAsync("UPDATE rag_index_status SET is_active = false WHERE cabinet_id = $1", scene.CabinetId);
        Assert.Empty(await FindAsync(scene, "молния"));
    }

    [Fact]
    public async Task Filters_limit_words_to_a_kind_an_article_and_days()
    {
        await using var scene = await SceneAsync(["молния а", "молния б", "молния в", "молния г"]);
        await scene.ExecuteAsync(
            """
            UPDATE rag_metadata SET
                nm_id = CASE WHEN chunk_text IN ('молния а', 'молния б') THEN 100 ELSE 200 END,
                chunk_type = CASE WHEN chunk_text = 'молния г' THEN 'order' ELSE 'review' END,
                business_date = CASE chunk_text WHEN 'молния а' THEN timestamptz '2026-01-31 20:59:59Z' WHEN 'молния б' THEN '2026-01-31 21:00Z' WHEN 'молния в' THEN '2026-02-01 21:00Z' END
            WHERE cabinet_id = $1
            """,
            scene.CabinetId);
        var ask = Ask("молния", 5);
        Assert.Equal(["а", "б"], await LettersAsync(ask with { Articles = [100] }));
        Assert.Equal(["г"], await LettersAsync(ask with { Kinds = [Entity.Orders] }));
        Assert.Equal(["а", "б", "в", "г"], await LettersAsync(ask with { Kinds = [Entity.Orders, Entity.Reviews], Articles = [100, 200] }));
        Assert.Equal(["б", "в"], await LettersAsync(ask with { From = new DateOnly(2026, 2, 1) }));
        Assert.Equal(["а", "б"], await LettersAsync(ask with { To = new DateOnly(2026, 2, 1) }));
        Assert.Equal(["б"], await LettersAsync(ask with { Articles = [100], From = new DateOnly(2026, 2, 1) }));

        async Task<List<string>> LettersAsync(SearchRequest request) =>
            [.. (await FindAsync(scene, request)).Select(hit => hit.Text[^1..]).Order(StringComparer.Ordinal)];
    }

    /// <summary>A reader in SQL may ask for one kind and, beside it, for others: nothing is both.</summary>
    [Theory]
    [InlineData("kinds => '{}'")]
    [InlineData("nm_ids => '{}'")]
    [InlineData("only_type => 'order', kinds => '{review}'")]
    public async Task Filters_that_no_row_can_meet_find_no_word(string filter)
    {
        await using var scene = await SceneAsync(["молния"]);
        var ask = $"SELECT chunk_text FROM rag_search({scene.CabinetId}, NULL, NULL, question => 'молния', mode => 'text'";
        Assert.Equal(["молния"], await fixture.Source.ReadNamesAsync(ask + ")"));
        Assert.Empty(await fixture.Source.ReadNamesAsync($"{ask}, {filter})"));
    }

    [Theory]
    [InlineData("и не на")]
    [InlineData("...!!!")]
    [InlineData("' OR 1=1 --")]
    [InlineData("\\ ' : & | ! ( ) <->")]
    [InlineData("👍")]
    public async Task A_question_without_a_word_that_is_there_finds_nothing(string question)
    {
        await using var scene = await SceneAsync(["молния"]);
        Assert.Empty(await FindAsync(scene, question));
    }

    [Fact]
    public async Task A_text_of_endless_words_is_stored_all_the_same()
    {
        await using var scene = await SceneAsync([new string('ж', 5_000), string.Join(' ', Enumerable.Range(0, 20_000)), "молния"]);
        Assert.Equal("молния", Assert.Single(await FindAsync(scene, "молния")).Text);
    }

    [Fact]
    public async Task Among_thousands_alike_the_text_with_the_rare_word_is_first()
    {
        await using var scene = await SceneAsync([.. Enumerable.Range(1, 2_500).Select(i => $"заказ товар номер{i % 7}"), "заказ товар молния"]);
        Assert.Equal("заказ товар молния", (await FindAsync(scene, "заказ товар молния"))[0].Text);
        Assert.Equal(5, (await FindAsync(scene, "заказ товар")).Count);
        Assert.Equal(5, (await FindAsync(scene, Ask("заказ товар молния", 5) with { Kinds = [Entity.Reviews] })).Count);
        Assert.Empty(await FindAsync(scene, Ask("заказ товар молния", 5) with { Kinds = [Entity.Orders] }));
    }

    private static SearchRequest Ask(string question, int limit) => new(question) { Mode = SearchMode.Text, Limit = limit };

    private Task<IReadOnlyList<SearchHit>> FindAsync(EmbeddingScene scene, string question, int limit = 5) => FindAsync(scene, Ask(question, limit));

    private async Task<IReadOnlyList<SearchHit>> FindAsync(EmbeddingScene scene, SearchRequest request) =>
        (await SearchScene.Over(scene, _time).FindAsync(scene.CabinetId, request, Token)).Hits;

    private async Task<EmbeddingScene> SceneAsync(string[] texts)
    {
        var scene = await EmbeddingScene.SetAsync(fixture);
        await scene.AddChunksAsync(texts);
        return scene;
    }
}
