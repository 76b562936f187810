using System.Globalization;
using RagFunctions.Cli;
using RagFunctions.Dev.Demo;
using RagFunctions.Dev.Fakes.Marketplace.Shops;
using RagFunctions.Tests.Postgres;
using Spectre.Console;

namespace RagFunctions.Tests.Dev.Demo;

/// <summary>A short demo on a database of its own: the whole way from the timer to the index, by one clock.</summary>
public sealed class DemoTourTests
{
    private const int Syncs = 3;

    // More orders and sales than a page holds, so that limits are waited for.
    private static readonly ShopOptions Shop = new() { Seed = 3, HistoryDays = 30, Products = 10, OrdersPerHour = 4, ReviewShare = 0.02 };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_timer_syncs_every_two_hours_and_the_index_ends_clean()
    {
        await using var database = await TestDatabase.CreateAsync();

        var (code, told) = await RunAsync(database);

        Assert.True(code == ExitCode.Done, told);
        Assert.Contains("missing 0, stale 0, surplus 0, pending 0", told, StringComparison.Ordinal);
        Assert.Contains("requests, 0 against its rules", told, StringComparison.Ordinal);
        Assert.Equal(
            "Fri 03:00 Fri 05:00 Fri 07:00 Sun 03:00",
            await SingleAsync(database, """
                SELECT string_agg(DISTINCT to_char(started_at AT TIME ZONE 'UTC', 'Dy HH24:MI'), ' ') FROM wb_sync_logs WHERE sync_type = 'cards'
                """));
        Assert.Equal($"{(Syncs + 1) * 6} 0", await SingleAsync(database, """
            SELECT concat_ws(' ', count(*) FILTER (WHERE status = 'completed'), count(*) FILTER (WHERE status NOT IN ('completed', 'waiting'))) FROM wb_sync_logs
            """));
        Assert.Equal("1 0", await SingleAsync(database, "SELECT concat_ws(' ', count(api_key_cipher), count(api_key)) FROM wb_cabinets"));
    }

    [Fact]
    public async Task A_demo_whose_index_differs_from_the_tables_fails()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using (var command = database.Source.CreateCommand("""
            CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
            CREATE TRIGGER forget BEFORE INSERT ON rag_embeddings FOR EACH ROW WHEN (NEW.chunk_type = 'review') EXECUTE FUNCTION forget();
            """))
        {
            await command.ExecuteNonQueryAsync(Ct);
        }

        var (code, told) = await RunAsync(database, syncs: 1);

        Assert.True(code == ExitCode.Failed, told);
    }

    private static async Task<(int Code, string Told)> RunAsync(TestDatabase database, int syncs = Syncs)
    {
        await using var told = new StringWriter(CultureInfo.InvariantCulture);
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(told) });
        console.Profile.Width = 200;
        return (await new DemoTour(console, database.ConnectionString, Shop, syncs).RunAsync(keep: false, Ct), told.ToString());
    }

    private static async Task<string> SingleAsync(TestDatabase database, string sql)
    {
        await using var command = database.Source.CreateCommand(sql);
        return Convert.ToString(await command.ExecuteScalarAsync(Ct), CultureInfo.InvariantCulture)!;
    }
}
