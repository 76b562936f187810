namespace RagFunctions.Core.Runs;

/// <summary>What a caller asks for.</summary>
/// <param name="CabinetId">The tenant.</param>
/// <param name="FullRebuild">Read everything again. With ids: both are stored.</param>
/// <param name="AllowMassDelete">Switches the guard against mass deletion off for one run.</param>
/// <param name="ChangedIds">Row primary keys per entity. Null = no delta is known: catch up. Present without any id: nothing to do.</param>
public sealed record StartIndexRequest(
    long CabinetId,
    bool FullRebuild = false,
    bool AllowMassDelete = false,
    IReadOnlyDictionary<Entity, IReadOnlyCollection<long>>? ChangedIds = null);
