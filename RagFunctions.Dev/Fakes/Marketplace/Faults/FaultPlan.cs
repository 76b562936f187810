namespace RagFunctions.Dev.Fakes.Marketplace.Faults;

/// <summary>Which answers go wrong: first what was scripted, in order, then what the predicate says.</summary>
public sealed class FaultPlan
{
    private readonly Lock _gate = new();
    private readonly LinkedList<(string? Bucket, Fault Fault)> _script = [];

    /// <summary>Asked for every allowed call that no scripted fault is left for; null = a right answer.</summary>
    public Func<MarketplaceRequest, Fault?>? When { get; set; }

    /// <summary>Scripted faults that are still to come.</summary>
    public int Left
    {
        get
        {
            lock (_gate)
            {
                return _script.Count;
            }
        }
    }

    /// <summary>The next allowed calls are answered like this, one after another.</summary>
    public void Script(params ReadOnlySpan<Fault> faults) => Add(null, faults);

    /// <summary>The same for the calls of one bucket (<see cref="Limits.MethodRule.Bucket"/>).</summary>
    public void ScriptFor(string bucket, params ReadOnlySpan<Fault> faults) => Add(bucket, faults);

    /// <summary>From here on everything is answered right.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _script.Clear();
        }

        When = null;
    }

    internal Fault? Next(MarketplaceRequest request)
    {
        lock (_gate)
        {
            for (var node = _script.First; node is not null; node = node.Next)
            {
                if (node.Value.Bucket is null || node.Value.Bucket == request.Bucket)
                {
                    _script.Remove(node);
                    return node.Value.Fault;
                }
            }
        }

        return When?.Invoke(request);
    }

    private void Add(string? bucket, ReadOnlySpan<Fault> faults)
    {
        lock (_gate)
        {
            foreach (var fault in faults)
            {
                _script.AddLast((bucket, fault));
            }
        }
    }
}
