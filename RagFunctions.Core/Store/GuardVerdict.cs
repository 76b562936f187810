using RagFunctions.Core.Runs;

namespace RagFunctions.Core.Store;

/// <summary>What the guard against mass deletion found for one entity.</summary>
/// <param name="Blocks">Nothing of the entity may be deleted.</param>
/// <param name="Numbers">Rows the index holds and how many of them would stay; set when it blocks.</param>
public readonly record struct GuardVerdict(bool Blocks, BlockedEntity Numbers)
{
    internal static GuardVerdict Of(Entity entity, long indexedRows, long stayingRows) =>
        new(MassDeleteGuard.Blocks(indexedRows, stayingRows), new BlockedEntity(entity, indexedRows, stayingRows));
}
