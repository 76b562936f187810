using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using RagFunctions.Cli;
using RagFunctions.Core.Databases;
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
