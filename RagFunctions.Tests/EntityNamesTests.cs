using RagFunctions.Core;

namespace RagFunctions.Tests;

public sealed class EntityNamesTests
{
    [Fact]
    public void Every_entity_is_found_again_under_each_of_its_names()
    {
        foreach (var entity in Enum.GetValues<Entity>())
        {
            Assert.True(EntityNames.TryParseWireName(entity.WireName(), out var byWire));
            Assert.True(EntityNames.TryParseTableName(entity.TableName(), out var byTable));
            Assert.True(EntityNames.TryParseChunkType(entity.ChunkType(), out var byType));
            Assert.Equal((entity, entity, entity), (byWire, byTable, byType));
        }
    }

    [Theory]
    [InlineData("Orders")]
    [InlineData("wb_orders")]
    [InlineData("")]
    [InlineData(null)]
    public void A_name_that_is_not_on_the_wire_list_is_no_entity(string? name) =>
        Assert.False(EntityNames.TryParseWireName(name, out _));
}
