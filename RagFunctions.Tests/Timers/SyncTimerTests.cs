using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging.Abstractions;
using Moq;
using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Sync;
using RagFunctions.Tests.Postgres;
using RagFunctions.Timers;

namespace RagFunctions.Tests.Timers;

public sealed class SyncTimerTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    [Fact]
    public async Task Every_due_active_cabinet_is_started_and_one_failure_stops_none()
    {
        var (first, second, third) = (await fixture.AddCabinetAsync(), await fixture.AddCabinetAsync(), await fixture.AddCabinetAsync());
        await fixture.AddCabinetAsync(isActive: false);
        await fixture.Source.ExecuteAsync($"""
            INSERT INTO wb_sync_cursors (cabinet_id, entity, next_due_at)
            SELECT {third}, entity, now() + interval '1 hour' FROM unnest(ARRAY['cards', 'prices', 'stocks', 'orders', 'sales', 'reviews']) AS entity
            """);
        List<(string Instance, object? Input)> started = [];
        var client = new Mock<DurableTaskClient>(MockBehavior.Strict, "test");
        client.Setup(c => c.GetInstanceAsync(It.IsAny<string>(), It.IsAny<CancellationToken>())).ReturnsAsync((OrchestrationMetadata?)null);
        client
            .Setup(c => c.ScheduleNewOrchestrationInstanceAsync(
                new TaskName("SyncCabinet"), It.IsAny<object?>(), It.IsAny<StartOrchestrationOptions?>(), It.IsAny<CancellationToken>()))
            .Returns((TaskName _, object? input, StartOrchestrationOptions? options, CancellationToken _) =>
            {
                lock (started)
                {
                    started.Add((options!.InstanceId!, input));
                }

                return options.InstanceId == $"sync-{first}" ? throw new InvalidOperationException("no") : Task.FromResult(options.InstanceId!);
            });

        var timer = new SyncTimer(new SyncPlanner(fixture.Main, TimeProvider.System), NullLogger<SyncTimer>.Instance);
        await timer.RunAsync(new TimerInfo(), client.Object, TestContext.Current.CancellationToken);
        Assert.Equal(
            [($"sync-{first}", new SyncCabinetInput(first)), ($"sync-{second}", (object)new SyncCabinetInput(second))],
            started.OrderBy(start => start.Instance, StringComparer.Ordinal));
    }
}
