namespace RagFunctions.Core.Store;

/// <summary>
/// Cuts a stream of ascending row ids into ranges of equal row counts without knowing how many will come: when there are too many
/// ranges, neighbours are joined and the next ones are twice as long. Holds no more than the cuts.
/// </summary>
internal sealed class RangeCutter(int rowsPerRange, int maxRanges)
{
    // (first id of the range, rows in it, rows of it the index holds and the source does not offer)
    private readonly List<(long First, long Rows, long Vanished)> _cuts = [];
    private long _step = rowsPerRange;

    /// <summary>Rows added so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Adds the next id.</summary>
    public void Add(long id, bool vanished)
    {
        Rows++;
        var loss = vanished ? 1 : 0;
        if (_cuts.Count > 0 && _cuts[^1].Rows < _step)
        {
            var last = _cuts[^1];
            _cuts[^1] = (last.First, last.Rows + 1, last.Vanished + loss);
            return;
        }

        if (_cuts.Count == maxRanges)
        {
            JoinNeighbours();
            Rows--;
            Add(id, vanished);
            return;
        }

        _cuts.Add((id, 1, loss));
    }

    /// <summary>The ranges; the first and the last are open-ended. One over everything when nothing was added.</summary>
    public IEnumerable<ChangeRange> Ranges(Entity entity, bool deletesAllowed)
    {
        if (_cuts.Count == 0)
        {
            yield return new ChangeRange(entity, null, null, deletesAllowed);
        }

        for (var i = 0; i < _cuts.Count; i++)
        {
            yield return new ChangeRange(
                entity,
                i == 0 ? null : _cuts[i].First,
                i == _cuts.Count - 1 ? null : _cuts[i + 1].First,
                deletesAllowed,
                _cuts[i].Vanished);
        }
    }

    private void JoinNeighbours()
    {
        for (var i = 0; i < _cuts.Count; i += 2)
        {
            var joined = _cuts[i];
            if (i + 1 < _cuts.Count)
            {
                joined = (joined.First, joined.Rows + _cuts[i + 1].Rows, joined.Vanished + _cuts[i + 1].Vanished);
            }

            _cuts[i / 2] = joined;
        }

        _cuts.RemoveRange((_cuts.Count + 1) / 2, _cuts.Count / 2);
        _step *= 2;
    }
}
