using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.ML.Tokenizers;
using RagFunctions.Core.Chunks;

namespace RagFunctions.Tests.Chunks;

public sealed class TextSplitterTests
{
    private static readonly TiktokenTokenizer Tokenizer = TiktokenTokenizer.CreateForEncoding("cl100k_base");

    private static readonly string[] Words =
        ["ткань", "приятная,", "но", "маломерит.", "Швы", "ровные!", "Пришло", "быстро;", "size", "M?", "😀👍🏽", "ЩЪ", "中文字", "10.5", "«целая».", "…"];

    public static TheoryData<string, string> Monsters() => new()
    {
        { "one word of a million letters", new string('а', 1_000_000) },
        { "capital letters, two tokens each", string.Concat(Enumerable.Repeat("Щ ", 200_000)) },
        { "emoji without a space", string.Concat(Enumerable.Repeat("😀", 100_000)) },
        { "emoji at odd places", "!" + string.Concat(Enumerable.Repeat("😀", 100_000)) },
        { "ideographs without a space", new string('中', 100_000) },
        { "exclamation marks", new string('!', 100_000) },
        { "a megabyte of sentences", Sentences(new Random(1), 80_000) },
    };

    [Theory]
    [Trait("Guarantee", "any-value")]
    [MemberData(nameof(Monsters))]
    public void A_review_of_a_megabyte_becomes_bounded_parts_that_cover_it(string what, string review)
    {
        var chunks = ChunkRenderer.Render(SampleRows.Review with { Text = review, Pros = null, Cons = null }).Chunks;
        Assert.Equal(Enumerable.Range(0, chunks.Count), chunks.Select(chunk => chunk.Index));
        Assert.All(chunks.Take(3).Concat(chunks.TakeLast(3)), chunk => Assert.True(Tokenizer.CountTokens(chunk.Text) <= TextSplitter.MaxTokens, what));
        Assert.All(chunks, chunk => Assert.InRange(ChunkTokens.Measure(chunk.Text), 1, TextSplitter.MaxTokens));
        Assert.All(chunks, chunk => Assert.Equal(chunk.Text, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(chunk.Text))));
        Assert.Contains(Dense(review), Dense(string.Concat(chunks.Select(WithoutSubject))), StringComparison.Ordinal);
        Assert.True(chunks.Count < review.Length / 100, "parts are filled");
    }

    [Fact]
    public void Every_part_of_a_review_says_what_it_is_about()
    {
        var chunks = ChunkRenderer.Render(SampleRows.Review with { Text = Sentences(new Random(2), 1000) }).Chunks;
        Assert.True(chunks.Count > 2);
        Assert.StartsWith("Негативный отзыв от 22 ноября 2026 (22.11.2026), оценка 2 из 5: товар «Футболка базовая хлопок», артикул 301122334, категория Футболки, цвет", chunks[0].Text, StringComparison.Ordinal);
        for (var i = 1; i < chunks.Count; i++)
        {
            Assert.StartsWith($"Негативный отзыв от 22 ноября 2026 (22.11.2026), оценка 2 из 5: товар «Футболка базовая хлопок», артикул 301122334 (часть {i + 1}): ", chunks[i].Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_part_ends_where_a_sentence_ends()
    {
        var text = string.Join(' ', Enumerable.Range(1, 300).Select(i => $"Это предложение номер {i}, и в нём есть (скобки.)"));
        var chunks = ChunkRenderer.Render(SampleRows.Review with { Text = text, Pros = null, Cons = null }).Chunks;
        Assert.All(chunks.SkipLast(1), chunk => Assert.EndsWith("(скобки.)", chunk.Text, StringComparison.Ordinal));
    }

    [Fact]
    public void Without_sentences_a_part_ends_between_two_words()
    {
        var chunks = ChunkRenderer.Render(SampleRows.Review with { Text = string.Join(' ', Enumerable.Repeat("слово", 1000)), Pros = null, Cons = null }).Chunks;
        Assert.All(chunks.SkipLast(1), chunk => Assert.EndsWith(" слово", chunk.Text, StringComparison.Ordinal));
    }

    [Fact]
    public void Adding_at_the_end_leaves_the_parts_before_as_they_were()
    {
        var text = Sentences(new Random(3), 1500);
        var before = ChunkRenderer.Render(SampleRows.Review with { Text = text }).Chunks;
        var after = ChunkRenderer.Render(SampleRows.Review with { Text = text + " " + Sentences(new Random(4), 500) }).Chunks;
        Assert.Equal(before.SkipLast(1), after.Take(before.Count - 1));
        Assert.True(after.Count > before.Count);
    }

    [Fact]
    public void Any_text_is_covered_by_parts_under_the_limit_every_time_alike() =>
        Prop.ForAll(ArbMap.Default.GeneratorFor<string>().Where(text => text is not null).Zip(Gen.Choose(1, 1200)).Select(pair => (Seed: pair.Item2, Odd: pair.Item1)).ToArbitrary(), input =>
        {
            var random = new Random(input.Seed);
            var text = CleanText.Of(Sentences(random, random.Next(1, 800)) + input.Odd + Sentences(random, 200))!;
            var subject = CleanText.Of(Sentences(random, random.Next(1, 600)))!;
            var parts = TextSplitter.Split(text, subject);
            Assert.All(parts, part => Assert.InRange(Tokenizer.CountTokens(part), 1, Math.Min(ChunkTokens.Measure(part), TextSplitter.MaxTokens)));
            Assert.Equal(Dense(text), Dense(string.Concat(parts.Select((part, i) => i == 0 ? part : part[(part.IndexOf($"(часть {i + 1}): ", StringComparison.Ordinal) + $"(часть {i + 1}): ".Length)..]))));
            Assert.Equal(parts, TextSplitter.Split(text, subject));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60));

    [Fact]
    public void A_long_subject_leaves_room_for_the_text()
    {
        var row = SampleRows.Sale with { CatalogueName = new string('中', 500), Kind = new string('字', 500), ProductName = null, Size = new string('国', 3000) };
        var chunks = ChunkRenderer.Render(row).Chunks;
        Assert.True(chunks.Count > 1);
        Assert.All(chunks, chunk => Assert.InRange(Tokenizer.CountTokens(chunk.Text), 1, TextSplitter.MaxTokens));
        Assert.True(chunks.Count < 60, "each part carries at least 80 ideographs");
    }

    [Theory]
    [Trait("Guarantee", "any-value")]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_long_subject_is_cut_between_two_characters(int letters)
    {
        var subject = new string('а', letters) + string.Concat(Enumerable.Repeat("😀", 200));
        var parts = TextSplitter.Split(Sentences(new Random(5), 1000).Trim(), subject);
        Assert.True(parts.Count > 1);
        Assert.All(parts, part => Assert.Equal(part, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(part))));
        Assert.All(parts.Skip(1), part => Assert.InRange(
            ChunkTokens.UpperBound(part.AsSpan(0, part.IndexOf(" (часть", StringComparison.Ordinal))), TextSplitter.MaxSubject - 3, TextSplitter.MaxSubject));
    }

    [Fact]
    public void The_cheap_bound_is_never_below_the_exact_number_of_tokens()
    {
        const string Letters = "абвгдеёжзийклмнопрстуфхцчшщъыьэюяАБЖЁЩ 1a.,«»—₽№";
        foreach (var first in Letters)
        {
            foreach (var second in Letters)
            {
                foreach (var third in Letters)
                {
                    var text = $"{first}{second}{third}";
                    Assert.True(Tokenizer.CountTokens(text) <= ChunkTokens.UpperBound(text), text);
                }
            }
        }

        Prop.ForAll<NonNull<string>, int>((odd, seed) =>
        {
            var text = CleanText.Of(odd.Get + Sentences(new Random(seed), 30) + odd.Get)!;
            Assert.InRange(Tokenizer.CountTokens(text), 1, ChunkTokens.UpperBound(text));
        }).Check(Config.QuickThrowOnFailure);
    }

    [Fact]
    public void A_text_at_the_limit_is_one_chunk_beyond_it_two()
    {
        static string Words(int count) => "Ж" + string.Concat(Enumerable.Repeat(" Ж", count - 1));
        var most = Enumerable.Range(200, 400).Last(count => Tokenizer.CountTokens(Words(count)) <= TextSplitter.MaxTokens);
        Assert.True(TextSplitter.Fits(Words(most)));
        Assert.Equal(Tokenizer.CountTokens(Words(most)), ChunkTokens.Measure(Words(most)));
        Assert.False(TextSplitter.Fits(Words(most + 1)));
    }

    [Fact]
    public void The_tokenizer_never_sees_a_word_without_end()
    {
        Assert.Equal(16, ChunkTokens.Measure(new string('x', 128)));
        Assert.Equal(129, ChunkTokens.Measure(new string('x', 129)));
    }

    private static string Sentences(Random random, int words)
    {
        var text = new StringBuilder();
        for (var i = 0; i < words; i++)
        {
            text.Append(Words[random.Next(Words.Length)]).Append(' ');
        }

        return text.ToString();
    }

    private static string WithoutSubject(RenderedChunk chunk)
    {
        var mark = $"(часть {chunk.Index + 1}): ";
        return chunk.Index == 0 ? chunk.Text : chunk.Text[(chunk.Text.IndexOf(mark, StringComparison.Ordinal) + mark.Length)..];
    }

    private static string Dense(string text) => text.Replace(" ", "", StringComparison.Ordinal);
}
