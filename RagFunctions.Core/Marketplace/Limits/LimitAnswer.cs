namespace RagFunctions.Core.Marketplace.Limits;

/// <summary>Whether a call may be made now.</summary>
/// <param name="Granted">True: the call is paid for.</param>
/// <param name="FreeAt">When refused: the earliest instant at which asking again makes sense.</param>
/// <param name="Taken">How many calls this bucket has granted so far; tells <see cref="LimitStore.CorrectAsync"/> whether others took meanwhile.</param>
/// <param name="IsAlone">Every call before this one had been answered: the marketplace has counted them all.</param>
public readonly record struct LimitAnswer(bool Granted, DateTimeOffset FreeAt, long Taken, bool IsAlone);
