using Npgsql;

namespace RagFunctions.Core.Store;

/// <summary>
/// The second look of <see cref="MassDeleteGuard"/>, within one range: the source may have been emptied after the round was planned.
/// </summary>
internal sealed class DeletionGuard(NpgsqlConnection main, NpgsqlConnection rag, ApplyChangesInput input)
{
    private bool _allowed = input.Range.DeletesAllowed;
    private long _gone;
    private long _judged = input.Range.ForeseenDeletes;

    /// <summary>The numbers behind a refusal.</summary>
    public BlockedEntity? Numbers { get; private set; }

    /// <summary>A refusal in words.</summary>
    public string Reason => Numbers is { } numbers
        ? $"only {numbers.EligibleRows} of {numbers.IndexedRows} indexed rows would stay"
        : "too many rows would go";

    /// <summary>May the rows of the page that the source no longer offers lose their chunks?</summary>
    public async Task<bool> AllowsAsync(
        SourcePage page, ChunkComparison difference, bool allowMassDelete, CancellationToken cancellationToken)
    {
        if (difference.GoneRows.Count == 0 || (_allowed && allowMassDelete))
        {
            return true;
        }

        if (!_allowed)
        {
            Numbers ??= (await JudgeAsync(cancellationToken)).Numbers;
            return false;
        }

        var suspicious = input.Mode == RunMode.Full ? difference.GoneRows.Count : CountAbsent(page, difference);
        _gone += suspicious;
        var worthJudging = input.Mode == RunMode.Full ? _gone >= _judged + MassDeleteGuard.WorthJudging : suspicious >= MassDeleteGuard.WorthJudging;
        if (worthJudging)
        {
            var verdict = await JudgeAsync(cancellationToken);
            _judged = _gone;
            _allowed = !verdict.Blocks;
            Numbers = verdict.Blocks ? verdict.Numbers : null;
        }

        return _allowed;
    }

    private static int CountAbsent(SourcePage page, ChunkComparison difference)
    {
        var present = page.Ineligible.Select(row => row.Id).ToHashSet();
        return difference.GoneRows.Count(id => !present.Contains(id));
    }

    private Task<GuardVerdict> JudgeAsync(CancellationToken cancellationToken) => input.Mode == RunMode.Full
        ? MassDeleteGuard.JudgeAllAsync(main, rag, input.Range.Entity, input.CabinetId, input.AsOf, cancellationToken)
        : MassDeleteGuard.JudgeQueueAsync(main, rag, input.Range.Entity, input.CabinetId, cancellationToken);
}
