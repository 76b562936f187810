using RagFunctions.Core;
using RagFunctions.Core.Store;

namespace RagFunctions.Tests.Store;

public sealed class RangeCutterTests
{
    [Theory]
    [InlineData(0, 10, 4)]
    [InlineData(1, 10, 4)]
    [InlineData(40, 10, 4)]
    [InlineData(41, 10, 4)]
    [InlineData(41, 10, 5)]
    [InlineData(10_000, 10, 5)]
    [InlineData(10_000, 2_000, 40)]
    public void Ranges_are_disjoint_cover_everything_and_stay_few(int rows, int perRange, int most)
    {
        var (cutter, ranges) = Cut(rows, perRange, most);

        Assert.InRange(ranges.Count, 1, most);
        Assert.Null(ranges[0].From);
        Assert.Null(ranges[^1].To);
        Assert.All(ranges.Zip(ranges.Skip(1)), pair => Assert.Equal(pair.First.To, pair.Second.From));
        Assert.All(ranges.Skip(1), range => Assert.NotNull(range.From));
        Assert.Equal(rows, cutter.Rows);
        Assert.Equal((rows + 1) / 2, ranges.Sum(range => range.ForeseenDeletes));
        var sizes = Sizes(rows, ranges);
        Assert.All(sizes.SkipLast(1), size => Assert.Equal(sizes[0], size));
    }

    [Theory]
    [InlineData(40, 10, 4, "10 10 10 10")]
    [InlineData(41, 10, 4, "20 20 1")]
    [InlineData(61, 10, 4, "20 20 20 1")]
    [InlineData(81, 10, 4, "40 40 1")]
    [InlineData(51, 10, 5, "20 20 11")]
    public void Too_many_ranges_are_joined_in_pairs(int rows, int perRange, int most, string sizes) =>
        Assert.Equal(sizes, string.Join(' ', Sizes(rows, Cut(rows, perRange, most).Ranges)));

    [Fact]
    public void Each_range_foresees_the_deletions_of_its_own_rows() =>
        Assert.Equal([10L, 10L, 1L], Cut(41, 10, 4).Ranges.Select(range => (long)range.ForeseenDeletes));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_range_is_of_its_entity_and_deletes_only_where_allowed(bool deletes)
    {
        var cutter = new RangeCutter(1, 10);
        Assert.Equal([new ChangeRange(Entity.Sales, null, null, deletes)], cutter.Ranges(Entity.Sales, deletes));
        cutter.Add(5, vanished: false);
        cutter.Add(8, vanished: true);
        Assert.Equal(
            [new ChangeRange(Entity.Sales, null, 8, deletes, 0), new ChangeRange(Entity.Sales, 8, null, deletes, 1)],
            cutter.Ranges(Entity.Sales, deletes));
    }

    private static (RangeCutter Cutter, List<ChangeRange> Ranges) Cut(int rows, int perRange, int most)
    {
        var cutter = new RangeCutter(perRange, most);
        for (var i = 0; i < rows; i++)
        {
            cutter.Add(i * 3, vanished: i % 2 == 0);
        }

        return (cutter, [.. cutter.Ranges(Entity.Sales, deletesAllowed: true)]);
    }

    private static List<int> Sizes(int rows, List<ChangeRange> ranges) =>
    [
        .. ranges.Select(range => Enumerable.Range(0, rows).Count(i => i * 3L >= (range.From ?? long.MinValue) && i * 3L < (range.To ?? long.MaxValue))),
    ];
}
