using System.Reflection;
using System.Text.RegularExpressions;
using RagFunctions.Core.Chunks;
using RagFunctions.Core.Source;

namespace RagFunctions.Tests.Chunks;

public sealed partial class UnknownValueTests
{
    public static TheoryData<Type, string> NullableFacts()
    {
        var facts = new TheoryData<Type, string>();
        foreach (var row in SampleRows.All)
        {
            foreach (var parameter in Constructor(row).GetParameters().Where(parameter => parameter.Name != "Id"))
            {
                facts.Add(row.GetType(), parameter.Name!);
            }
        }

        return facts;
    }

    [Theory]
    [Trait("Guarantee", "any-value")]
    [Trait("Defect", "18")]
    [MemberData(nameof(NullableFacts))]
    public void A_fact_that_is_NULL_leaves_no_trace(Type entity, string fact)
    {
        var full = SampleRows.All.Single(row => row.GetType() == entity);
        AssertReadable(Without(full, name => name == fact));
    }

    [Fact]
    [Trait("Guarantee", "any-value")]
    [Trait("Defect", "18")]
    public void A_row_of_NULLs_still_has_a_readable_text()
    {
        foreach (var row in SampleRows.All)
        {
            var text = AssertReadable(Without(row, name => name != "Id"));
            Assert.DoesNotMatch(Digits(), text);
        }
    }

    [Fact]
    public void An_empty_or_invisible_text_is_like_NULL()
    {
        var expected = ChunkRenderer.Render(SampleRows.Order with { Size = null, Brand = null, CatalogueName = null }).Chunks[0];
        var actual = ChunkRenderer.Render(SampleRows.Order with { Size = "", Brand = " \u00a0\t\u0000", CatalogueName = "\ufeff" }).Chunks[0];
        Assert.Equal(expected, actual);
    }

    private static string AssertReadable(SourceRow row)
    {
        var text = Assert.Single(ChunkRenderer.Render(row).Chunks).Text;
        Assert.DoesNotMatch(UnknownWords(), text);
        Assert.DoesNotMatch(DanglingSeparators(), text.Replace("шт.", "шт", StringComparison.Ordinal));
        Assert.Equal(text.Trim(), text);
        return text;
    }

    private static SourceRow Without(SourceRow row, Func<string, bool> isUnknown) => (SourceRow)Constructor(row).Invoke(
        [.. Constructor(row).GetParameters().Select(parameter => isUnknown(parameter.Name!) ? null : row.GetType().GetProperty(parameter.Name!)!.GetValue(row))]);

    private static ConstructorInfo Constructor(SourceRow row) => row.GetType().GetConstructors().Single();

    [GeneratedRegex("none|null|nan|infinity|неизвест|(?<![\\d.])0([ %]|\\.00)", RegexOptions.IgnoreCase)]
    private static partial Regex UnknownWords();

    [GeneratedRegex("[,;:.] ?[,;:]|[,;:(] ?$|«»|  | [,;:.]|№ от|^ ")]
    private static partial Regex DanglingSeparators();

    [GeneratedRegex("\\d")]
    private static partial Regex Digits();
}
