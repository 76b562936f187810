using System.Text;
using FsCheck;
using FsCheck.Fluent;
using RagFunctions.Core.Chunks;
using RagFunctions.Core.Source;

namespace RagFunctions.Tests.Chunks;

public sealed class AnyRowTests
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private static readonly Gen<string?> AnyText = Gen.OneOf(
        Gen.Constant<string?>(null),
        ArbMap.Default.GeneratorFor<string?>(),
        Gen.Choose(0, 0xffff).Select(c => (char)c).ListOf().Select(chars => (string?)string.Concat(chars)),
        Gen.Choose(0, 3000).Select(length => (string?)string.Concat(Enumerable.Repeat("ab\u0000\ud83d\ude00\ud83d ", length / 6))));

    private static readonly Gen<decimal?> AnyAmount = Gen.OneOf(
        Gen.Elements<decimal?>(null, 0m, 0.001m, -0.004m, decimal.MaxValue, decimal.MinValue), ArbMap.Default.GeneratorFor<decimal?>());

    private static readonly Gen<long?> AnyNumber = Gen.OneOf(
        Gen.Elements<long?>(null, 0, -1, long.MinValue, long.MaxValue), ArbMap.Default.GeneratorFor<long?>());

    private static readonly Gen<DateTimeOffset?> AnyInstant = Gen.OneOf(
        Gen.Elements<DateTimeOffset?>(null, new DateTimeOffset(1, 1, 2, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(9999, 12, 30, 23, 59, 59, TimeSpan.Zero)),
        Gen.Choose(0, 3_600_000).Select(hours => (DateTimeOffset?)new DateTimeOffset(1900, 1, 1, 0, 0, 0, TimeSpan.Zero).AddHours(hours)));

    /// <summary>Rows with anything in any column, through the constructor of each record.</summary>
    private static readonly Gen<SourceRow> AnyRow = Gen.Elements(SampleRows.All.ToArray()).SelectMany(sample =>
    {
        var constructor = sample.GetType().GetConstructors().Single();
        return Gen.CollectToArray(constructor.GetParameters().Select(parameter => Any(parameter.ParameterType))).Select(values => (SourceRow)constructor.Invoke(values));
    });

    [Fact]
    public void Any_row_has_a_text_that_PostgreSQL_can_store() => Prop.ForAll(AnyRow.ToArbitrary(), row =>
    {
        var rendered = ChunkRenderer.Render(row);
        Assert.NotEmpty(rendered.Chunks);
        Assert.Equal(Enumerable.Range(0, rendered.Chunks.Count), rendered.Chunks.Select(chunk => chunk.Index));
        foreach (var chunk in rendered.Chunks)
        {
            Assert.NotEqual("", chunk.Text.Trim());
            Assert.DoesNotContain('\0', chunk.Text);
            Assert.Equal(chunk.Text, Strict.GetString(Strict.GetBytes(chunk.Text)));
            Assert.Equal(ChunkHash.Of(chunk.Text), chunk.Hash);
            Assert.InRange(ChunkTokens.Measure(chunk.Text), 1, TextSplitter.MaxTokens);
        }

        Assert.Equal(rendered.Chunks, ChunkRenderer.Render(row).Chunks);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    private static Gen<object?> Any(Type type) =>
        type == typeof(string) ? AnyText.Select(value => (object?)value)
        : type == typeof(decimal?) ? AnyAmount.Select(value => (object?)value)
        : type == typeof(long?) ? AnyNumber.Select(value => (object?)value)
        : type == typeof(long) ? AnyNumber.Select(value => (object?)(value ?? 1))
        : type == typeof(DateTimeOffset?) ? AnyInstant.Select(value => (object?)value)
        : type == typeof(bool?) ? Gen.Elements<object?>(null, true, false)
        : throw new NotSupportedException(type.Name);
}
