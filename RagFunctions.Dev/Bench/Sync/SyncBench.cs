using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using RagFunctions.Cli;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Marketplace.Sync;
using Spectre.Console;

namespace RagFunctions.Dev.Bench.Sync;

/// <summary>
/// <c>rag bench --sync</c>: a first load of 100,000 orders through the real client, and what reading them again costs. The client has a
/// process of its own; the marketplace answers from this one.
/// </summary>
internal static class SyncBench
{
    private const int Orders = 100_000;
    private const int Repeats = 3;

    /// <summary>Runs it and prints the table. Fails when a step wrote or queued what it must not.</summary>
    public static async Task<int> RunAsync(CommandScope scope)
    {
        var ct = scope.CancellationToken;
        var server = scope.Services.GetRequiredService<IOptions<ConnectionStringsOptions>>().Value.Main;
        await using var shop = await BenchShop.StartAsync(Orders);
        await using var database = await BenchDatabase.CreateAsync(server, ct);
        using var worker = new BenchWorkerProcess(
            "sync", database.ConnectionString, [("Marketplace__StatisticsUrl", shop.Statistics.ToString().TrimEnd('/'))]);
        await shop.FetchAsync(ct);
        var started = Stopwatch.GetTimestamp();
        await shop.FetchAsync(ct);
        var alone = Stopwatch.GetElapsedTime(started);

        List<SyncReading> readings = [];
        for (var repeat = 1; repeat <= Repeats; repeat++)
        {
            scope.Output.WriteLine($"{shop.Orders:N0} orders: {repeat} of {Repeats}");
            readings.AddRange(await OnceAsync(shop, database.Source, worker, ct));
        }

        scope.Output.Write(TableOf(readings));
        scope.Output.WriteLine(
            $"Medians of {Repeats} cabinets, wall time of the whole sync, limits off, default durability. The marketplace shares the machine: "
            + $"its answers alone take {alone.TotalSeconds.ToString("F2", CultureInfo.InvariantCulture)} s. "
            + "\"Written\" counts new versions and row locks in the five tables; WAL is all the server logged, after a checkpoint.");
        return readings.TrueForAll(reading => reading.IsRight) ? ExitCode.Done : ExitCode.Failed;
    }

    private static async Task<List<SyncReading>> OnceAsync(BenchShop shop, NpgsqlDataSource database, BenchWorkerProcess worker, CancellationToken ct)
    {
        var cabinet = await shop.AddCabinetAsync(database, ct);
        var probe = new SyncProbe(database);
        List<SyncReading> readings = [];
        foreach (var step in Enum.GetValues<SyncStep>())
        {
            await ExecuteAsync(database, "TRUNCATE wb_limit_buckets", ct);
            if (step == SyncStep.QuietReread)
            {
                await ExecuteAsync(database, "UPDATE wb_sync_cursors SET state = '{}'", ct);
            }

            await probe.BeforeAsync(ct);
            shop.TakeRequests();
            var process = await worker.DoAsync(new BenchOrder(BenchStep.Initial, cabinet), ct);
            var (written, queued, wal) = await probe.AfterAsync(ct);
            readings.Add(new SyncReading(step, process, shop.TakeRequests(), await ReadAsync(database, ct), written, queued, wal));
        }

        await ExecuteAsync(database, $"DELETE FROM wb_cabinets WHERE id = {cabinet}", ct);
        return readings;
    }

    private static Table TableOf(List<SyncReading> readings)
    {
        var table = new Table().AddColumns("step", "rows read", "s", "rows/s", "requests", "written", "queued", "WAL kB", "peak MB");
        foreach (var group in readings.GroupBy(reading => reading.Step))
        {
            var sorted = group.OrderBy(reading => reading.Seconds).ToList();
            var median = sorted[sorted.Count / 2];
            table.AddRow(
                Name(group.Key), Number(median.Read, "N0"), Number(median.Seconds, "F2"), Number(median.Read / median.Seconds, "N0"),
                Number(median.Requests, "N0"), Number(group.Max(r => r.Written), "N0"), Number(group.Max(r => r.Queued), "N0"),
                Number(group.Max(r => r.WalBytes) / 1_024d, "N1"),
                group.FirstOrDefault(r => r.Process.Error is not null)?.Process.Error?.EscapeMarkup()
                    ?? Number(group.Max(r => r.Process.PeakBytes) / 1_048_576d, "F0"));
        }

        return table;
    }

    private static string Name(SyncStep step) => step switch
    {
        SyncStep.FirstLoad => "first load",
        SyncStep.QuietReread => "quiet re-read of all",
        _ => "next quiet sync",
    };

    private static async Task<long> ReadAsync(NpgsqlDataSource database, CancellationToken ct)
    {
        await using var command = database.CreateCommand("SELECT records_processed::bigint FROM wb_sync_logs ORDER BY id DESC LIMIT 1");
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    private static async Task ExecuteAsync(NpgsqlDataSource database, string sql, CancellationToken ct)
    {
        await using var command = database.CreateCommand(sql);
        command.CommandTimeout = 600;
        await command.ExecuteNonQueryAsync(ct);
    }

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}

/// <summary>What is measured of the sync of orders, in the order in which one cabinet lives through it.</summary>
internal enum SyncStep
{
    /// <summary>A cabinet without rows and without a cursor.</summary>
    FirstLoad,

    /// <summary>The cursor is lost: everything is read again, and nothing has changed.</summary>
    QuietReread,

    /// <summary>What happens every half an hour: the overlap behind the cursor is read again, and nothing has changed.</summary>
    NextSync,
}

/// <summary>One step of one cabinet.</summary>
/// <param name="Process">Time and memory, as the measured process tells them.</param>
/// <param name="Requests">Requests that the marketplace received.</param>
/// <param name="Read">Rows that it sent.</param>
/// <param name="Written">Rows of the five tables that are new or have another version; a lock alone counts too.</param>
/// <param name="Queued">Changes announced.</param>
/// <param name="WalBytes">What the database server wrote to its log meanwhile, all tables and bookkeeping included.</param>
internal sealed record SyncReading(SyncStep Step, BenchReading Process, int Requests, long Read, long Written, long Queued, long WalBytes)
{
    /// <summary>Wall time of the whole sync in seconds.</summary>
    public double Seconds => Process.Milliseconds / 1_000;

    /// <summary>What it did is what the step must do: a first load writes and announces what it read, any other step nothing.</summary>
    public bool IsRight => Process.Error is null && Read > 0
        && (Step == SyncStep.FirstLoad ? Written == Queued && Written > 0 : (Written, Queued) == (0, 0));
}

/// <summary>The sync of orders as a subject of the bench: the same services as everywhere. It embeds nothing.</summary>
internal sealed class SyncSubject(IServiceProvider services) : IBenchSubject
{
    /// <inheritdoc />
    public Task<Func<CancellationToken, Task<(long Requests, long Inputs)>>> PrepareAsync(BenchOrder order, CancellationToken cancellationToken) =>
        Task.FromResult<Func<CancellationToken, Task<(long Requests, long Inputs)>>>(async stop =>
        {
            var result = await services.GetRequiredService<EntitySync>().RunAsync(order.CabinetId, SyncEntity.Orders, evenIfNotDue: true, stop);
            return result.Status == EntitySyncStatus.Ok
                ? (0, 0)
                : throw new InvalidOperationException($"the sync ended {result.Status}: {result.Reason}");
        });

    /// <inheritdoc />
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
