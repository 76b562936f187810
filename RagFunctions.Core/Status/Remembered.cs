using System.Diagnostics;

namespace RagFunctions.Core.Status;

/// <summary>
/// What costs the databases much and may be some seconds old: whoever asks meanwhile shares one reading. It is kept for ten times as long as
/// it took, so that reading never takes more than a tenth of the time, however many look.
/// </summary>
/// <param name="shortest">For how long at least.</param>
/// <param name="read">Reads it.</param>
internal sealed class Remembered<T>(TimeSpan shortest, Func<CancellationToken, Task<T>> read)
{
    // A reading that hangs would be everybody's.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private Task<T>? _reading;
    private long _until;

    /// <summary>What was read, or is being read. Who gives up waiting stops nobody else's reading.</summary>
    public Task<T> GetAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_reading is null || _reading.IsFaulted || _reading.IsCanceled || (_reading.IsCompleted && Stopwatch.GetTimestamp() >= _until))
            {
                _reading = ReadAsync();
            }

            return _reading.WaitAsync(cancellationToken);
        }
    }

    private async Task<T> ReadAsync()
    {
        // The caller holds the gate: nothing of the reading runs under it.
        await Task.Yield();
        var began = Stopwatch.GetTimestamp();
        using var patience = new CancellationTokenSource(Patience);
        var value = await read(patience.Token);
        var took = Stopwatch.GetElapsedTime(began);
        var kept = took * 10 > shortest ? took * 10 : shortest;
        lock (_gate)
        {
            _until = Stopwatch.GetTimestamp() + (long)(kept.TotalSeconds * Stopwatch.Frequency);
        }

        return value;
    }
}
