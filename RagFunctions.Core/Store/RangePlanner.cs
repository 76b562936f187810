using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Store;

/// <summary>Cuts a round's work into ranges of row ids, and lets the guard against mass deletion look before anything is deleted.</summary>
public sealed class RangePlanner(MainDatabase main, RagDatabase rag)
{
    /// <summary>Most ranges of one round over all entities: what an orchestration's history carries.</summary>
    public const int MaxRanges = 200;

    /// <summary>Rows of a range while the limit on ranges allows it: one transaction's worth.</summary>
    public const int RowsPerRange = 2_000;

    private static readonly int MaxRangesPerEntity = MaxRanges / EntityNames.All.Count;

    // Every step-th due row of each entity begins a range; the step grows with the queue so that the ranges stay few.
    private const string CutQueue = """
        WITH depth AS (
            SELECT source_table, count(*) AS waiting,
                   count(*) FILTER (WHERE next_attempt_at IS NULL OR next_attempt_at <= clock_timestamp()
                                          OR ($4 AND starts_with(last_error, 'blocked:'))) AS rows
            FROM rag_changes
            WHERE cabinet_id = $1 AND source_table <> '*'
            GROUP BY source_table)
        SELECT depth.source_table, due.source_id, depth.rows, depth.waiting
        FROM depth
        CROSS JOIN LATERAL (
            SELECT source_id, row_number() OVER (ORDER BY source_id) - 1 AS position
            FROM rag_changes
            WHERE cabinet_id = $1 AND source_table = depth.source_table
              AND (next_attempt_at IS NULL OR next_attempt_at <= clock_timestamp()
                   OR ($4 AND starts_with(last_error, 'blocked:')))) AS due
        WHERE due.position % GREATEST($2, (depth.rows + $3 - 1) / $3) = 0
        ORDER BY depth.source_table, due.source_id
        """;

    /// <summary>
    /// All rows of source and index: at least one range for each entity, so that its queue rows are served too.
    /// </summary>
    /// <param name="asOf">Business time of the round. Chunks expired by then are deleted before and do not count.</param>
    /// <param name="allowMassDelete">The request switches the guard off.</param>
    public async Task<RangePlan> PlanFullAsync(
        long cabinetId, DateTimeOffset asOf, bool allowMassDelete, CancellationToken cancellationToken)
    {
        var cuts = await EntityFanOut.ReadEachAsync(
            main, rag, EntityNames.All, (source, index, entity, token) => CutAllAsync(source, index, entity, cabinetId, asOf, token), cancellationToken);

        List<ChangeRange> ranges = [];
        foreach (var (entity, cut) in EntityNames.All.Zip(cuts).Where(pair => pair.Second.Failure is null))
        {
            ranges.AddRange(cut.Value.Cutter.Ranges(entity, deletesAllowed: allowMassDelete || !cut.Value.Verdict.Blocks));
        }

        return new RangePlan(ranges, cuts.Sum(cut => cut.Value.Cutter?.Rows ?? 0), Failures(cuts));
    }

    /// <summary>The due rows of the change queue; no ranges when nothing is due.</summary>
    /// <param name="allowMassDelete">The request switches the guard off; rows it kept are due again.</param>
    public async Task<RangePlan> PlanDeltaAsync(long cabinetId, bool allowMassDelete, CancellationToken cancellationToken)
    {
        var cuts = await CutQueueAsync(cabinetId, allowMassDelete, cancellationToken);

        // Rows that wait for another try count too: what was blocked once stays part of the sum.
        Entity[] worthJudging = allowMassDelete ? [] : [.. cuts.Where(cut => cut.Value.Waiting >= MassDeleteGuard.WorthJudging).Select(cut => cut.Key)];
        var verdicts = await EntityFanOut.ReadEachAsync(
            main, rag, worthJudging, (source, index, entity, token) => MassDeleteGuard.JudgeQueueAsync(source, index, entity, cabinetId, token), cancellationToken);
        var judged = worthJudging.Zip(verdicts).ToDictionary(pair => pair.First, pair => pair.Second);
        List<ChangeRange> ranges = [];
        foreach (var (entity, cut) in cuts.Where(pair => judged.GetValueOrDefault(pair.Key).Failure is null).OrderBy(pair => pair.Key))
        {
            for (var i = 0; i < cut.Firsts.Count; i++)
            {
                ranges.Add(new ChangeRange(
                    entity,
                    i == 0 ? null : cut.Firsts[i],
                    i == cut.Firsts.Count - 1 ? null : cut.Firsts[i + 1],
                    !judged.GetValueOrDefault(entity).Value.Blocks));
            }
        }

        return new RangePlan(ranges, cuts.Values.Sum(cut => cut.Rows), Failures(verdicts));
    }

    private static string[] Failures<T>(EntityRead<T>[] reads) => [.. reads.Select(read => read.Failure).OfType<string>()];

    private static async Task<(RangeCutter Cutter, GuardVerdict Verdict)> CutAllAsync(
        NpgsqlConnection source, NpgsqlConnection index, Entity entity, long cabinetId, DateTimeOffset asOf, CancellationToken cancellationToken)
    {
        var cutter = new RangeCutter(RowsPerRange, MaxRangesPerEntity);
        long indexed = 0;
        long staying = 0;
        await foreach (var row in MergedRowIds.ReadAsync(source, index, entity, cabinetId, asOf, cancellationToken))
        {
            indexed += row.InIndex ? 1 : 0;
            staying += row.InIndex && row.InSource ? 1 : 0;
            cutter.Add(row.Id, vanished: !row.InSource);
        }

        return (cutter, GuardVerdict.Of(entity, indexed, staying));
    }

    private async Task<Dictionary<Entity, QueueCuts>> CutQueueAsync(long cabinetId, bool includeBlocked, CancellationToken cancellationToken)
    {
        await using var source = await main.Source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(CutQueue, source)
        {
            Parameters =
            {
                Parameter.Of<long>(cabinetId),
                Parameter.Of<long>(RowsPerRange),
                Parameter.Of<long>(MaxRangesPerEntity),
                Parameter.Of<bool>(includeBlocked),
            },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        Dictionary<Entity, QueueCuts> cuts = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            if (!EntityNames.TryParseTableName(reader.GetString(0), out var entity))
            {
                continue;
            }

            if (!cuts.TryGetValue(entity, out var cut))
            {
                cuts.Add(entity, cut = new QueueCuts([], reader.GetInt64(2), reader.GetInt64(3)));
            }

            cut.Firsts.Add(reader.GetInt64(1));
        }

        return cuts;
    }

    private sealed record QueueCuts(List<long> Firsts, long Rows, long Waiting);
}

/// <summary>The work of a round, cut into ranges.</summary>
/// <param name="Ranges">Disjoint, products first, in order of id; at most <see cref="RangePlanner.MaxRanges"/>.</param>
/// <param name="Rows">Distinct rows the ranges cover.</param>
/// <param name="Failures">Why entities have no ranges whose table cannot be read, for the operator.</param>
public sealed record RangePlan(IReadOnlyList<ChangeRange> Ranges, long Rows, IReadOnlyList<string> Failures);

/// <summary>A half-open interval of row ids of one entity.</summary>
/// <param name="Entity">Whose rows.</param>
/// <param name="From">First id, inclusive; null = from the beginning.</param>
/// <param name="To">First id of the next range, exclusive; null = to the end.</param>
/// <param name="DeletesAllowed">False when the guard against mass deletion holds for this entity: rows are written, none deleted.</param>
/// <param name="ForeseenDeletes">
/// Rows of the range whose deletion the guard has already judged. When clearly more are about to go, it judges again.
/// </param>
public sealed record ChangeRange(Entity Entity, long? From, long? To, bool DeletesAllowed = true, long ForeseenDeletes = 0);
