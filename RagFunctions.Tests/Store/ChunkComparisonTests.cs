using RagFunctions.Core;
using RagFunctions.Core.Chunks;
using RagFunctions.Core.Store;

namespace RagFunctions.Tests.Store;

/// <summary>What one page of rows asks of the index, without a database.</summary>
public sealed class ChunkComparisonTests
{
    private static readonly DateTimeOffset Sold = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Equal_chunks_are_counted_and_left_alone()
    {
        var difference = Compare([Row(1, "a", "b"), Row(2, "c")], [Stored(1, 0, "a"), Stored(1, 1, "b"), Stored(2, 0, "c")]);
        Assert.Equal((0, 0, 3), (difference.New, difference.Updated, difference.Unchanged));
        Assert.Empty(difference.Changed);
        Assert.Empty(difference.Gone.Concat(difference.Surplus).Concat(difference.VectorLost));
    }

    [Fact]
    public void A_chunk_the_index_lacks_is_new_wherever_it_stands()
    {
        var difference = Compare([Row(1, "a"), Row(2, "b", "c"), Row(9, "d")], [Stored(2, 0, "b")]);
        Assert.Equal((3, 0, 1), (difference.New, difference.Updated, difference.Unchanged));
        Assert.Equal([(1, 0), (2, 1), (9, 0)], difference.Changed.Select(one => ((int)one.Row.SourceId, one.Chunk.Index)));
    }

    [Fact]
    public void A_missing_first_chunk_is_new_and_its_followers_are_compared()
    {
        var difference = Compare([Row(1, "a", "b")], [Stored(1, 1, "b")]);
        Assert.Equal((1, 0, 1), (difference.New, difference.Updated, difference.Unchanged));
        Assert.Empty(difference.Surplus);
    }

    [Theory]
    [InlineData("hash")]
    [InlineData("article")]
    [InlineData("date")]
    [InlineData("end")]
    [InlineData("renderer")]
    [InlineData("name")]
    public void Whatever_differs_makes_a_chunk_changed(string what)
    {
        var before = Stored(1, 0, "a");
        before = what switch
        {
            "hash" => before with { Hash = "other" },
            "article" => before with { NmId = 8 },
            "date" => before with { BusinessDate = before.BusinessDate!.Value.AddSeconds(1) },
            "end" => before with { ExpiresAt = null },
            "renderer" => before with { RendererVersion = ChunkRenderer.Version - 1 },
            _ => before with { SourceName = null },
        };
        var difference = Compare([Row(1, "a")], [before]);
        Assert.Equal((0, 1, 0), (difference.New, difference.Updated, difference.Unchanged));
        Assert.Equal("a", Assert.Single(difference.Changed).Chunk.Text);
    }

    [Fact]
    public void A_row_without_dates_equals_its_stored_self()
    {
        var row = Row(1, "a") with { BusinessDate = null, ExpiresAt = null };
        Assert.Equal(1, Compare([row], [Stored(1, 0, "a") with { BusinessDate = null, ExpiresAt = null }]).Unchanged);
    }

    [Fact]
    public void Chunks_beyond_a_rows_new_end_are_surplus()
    {
        var difference = Compare(
            [Row(1, "a"), Row(2, "b")], [Stored(1, 0, "a"), Stored(1, 1, "x"), Stored(1, 2, "y"), Stored(2, 0, "b"), Stored(2, 1, "z")]);
        Assert.Equal([101L, 102L, 201L], difference.Surplus);
        Assert.Equal([1L, 2L], difference.ShortenedRows);
        Assert.Empty(difference.GoneRows);
    }

    [Fact]
    public void Chunks_before_and_between_a_rows_chunks_are_surplus()
    {
        var row = Row(1, "a") with { Chunks = [new RenderedChunk(1, "b", "b"), new RenderedChunk(3, "d", "d")] };
        var difference = Compare([row], [Stored(1, 0, "a"), Stored(1, 1, "b"), Stored(1, 2, "c"), Stored(1, 3, "d")]);
        Assert.Equal([100L, 102L], difference.Surplus);
        Assert.Equal([1L], difference.ShortenedRows);
        Assert.Equal((0, 0, 2), (difference.New, difference.Updated, difference.Unchanged));
    }

    [Fact]
    public void Rows_the_source_does_not_offer_are_gone_before_between_and_after()
    {
        var difference = Compare(
            [Row(2, "b"), Row(4, "d")],
            [Stored(1, 0, "a"), Stored(1, 1, "a"), Stored(2, 0, "b"), Stored(3, 0, "c"), Stored(4, 0, "d"), Stored(5, 0, "e"), Stored(5, 1, "e")]);
        Assert.Equal([1L, 3L, 5L], difference.GoneRows);
        Assert.Equal([100L, 101L, 300L, 500L, 501L], difference.Gone);
        Assert.Equal((0, 0, 2), (difference.New, difference.Updated, difference.Unchanged));
        Assert.Empty(difference.Surplus);
    }

    [Fact]
    public void Rows_of_which_nothing_is_known_stay()
    {
        var difference = Compare([Row(2, "b")], [Stored(1, 0, "a"), Stored(2, 0, "b"), Stored(3, 0, "c")], failed: [1, 3]);
        Assert.Empty(difference.Gone);
        Assert.Empty(difference.GoneRows);
    }

    [Fact]
    public void A_lost_vector_is_told_also_of_an_equal_chunk()
    {
        var difference = Compare([Row(1, "a", "b")], [Stored(1, 0, "a") with { VectorLost = true }, Stored(1, 1, "other") with { VectorLost = true }]);
        Assert.Equal([100L, 101L], difference.VectorLost);
        Assert.Equal((0, 1, 1), (difference.New, difference.Updated, difference.Unchanged));
    }

    [Fact]
    public void An_empty_source_and_an_empty_index_differ_in_nothing()
    {
        var difference = Compare([], []);
        Assert.Equal((0, 0, 0), (difference.New, difference.Updated, difference.Unchanged));
        Assert.Empty(difference.Changed);
    }

    private static ChunkComparison Compare(RenderedRow[] rendered, IndexedChunk[] indexed, long[]? failed = null) =>
        ChunkComparison.Of(rendered, indexed, (failed ?? []).ToHashSet());

    private static RenderedRow Row(long id, params string[] texts) => new(
        Entity.Orders, id, 7, Sold, Sold.AddDays(90), "Cup", [.. texts.Select((text, index) => new RenderedChunk(index, text, text))]);

    // A chunk's key tells its row and number.
    private static IndexedChunk Stored(long row, int index, string text) => new(
        (row * 100) + index, row, index, text, 7, Sold.UtcDateTime, Sold.AddDays(90).UtcDateTime, ChunkRenderer.Version, "Cup", Pending: false, VectorLost: false);
}
