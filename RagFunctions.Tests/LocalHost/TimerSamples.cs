using System.Globalization;
using Microsoft.Azure.Functions.Worker;

namespace RagFunctions.Tests.LocalHost;

/// <summary>Timer functions that the tests of the local host run.</summary>
public sealed class TimerSamples(Journal journal)
{
    [Function(nameof(Tick))]
    public async Task Tick([TimerTrigger("%Tick:Schedule%")] TimerInfo timer, CancellationToken cancellationToken)
    {
        journal.Add(string.Create(
            CultureInfo.InvariantCulture, $"tick, past due {timer.IsPastDue}, next {timer.ScheduleStatus?.Next:HH:mm}"));
        if (journal.Lines.Contains("ticks wait"))
        {
            await journal.PassAsync("tick", cancellationToken);
        }

        journal.Add("tick ends");
        if (journal.Lines.Contains("ticks fail"))
        {
            throw new InvalidOperationException("a tick fails");
        }
    }
}
