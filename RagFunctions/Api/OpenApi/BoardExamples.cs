using RagFunctions.Core.Status;

namespace RagFunctions.Api.OpenApi;

/// <summary>What the routes of the operators' page answer, for example.</summary>
internal static class BoardExamples
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 21, 11, 45, TimeSpan.Zero);

    private static readonly BoardModel Model = new("offline-feature-hashing-v1", 1536);

    public static readonly Board Board = new(
        Now,
        IsOperator: true,
        new BoardTotals(new BoardStates(0, 0, 0, 0, 0, 0, 0, 1, 0), 0, 14076, 0, 0, 0, 0, null),
        new BoardToday(16566, 0.05934m, 341208, 1.2066m, null, 0.05934m),
        new BoardPauses(null, null, 0, 0),
        Model,
        1,
        [
            new CabinetStanding
            {
                CabinetId = 1, Name = "Демо-магазин", IsActive = true, Outcome = "completed", TotalChunks = 14076, TextsToday = 16566, CostTodayUsd = 0.05934m,
                NaiveTextsToday = 341208, NaiveCostTodayUsd = 1.2066m, LastRunAt = Now,
            },
        ],
        []);

    public static readonly HistoryReply History = new("fortnight", 21600, [new HistoryStep(Now.AddHours(-4), 26, 0, 16566, 0.05934m, 1.2066m, 0.41, 4.9, 0)]);

    public static readonly CabinetDetail Detail = new()
    {
        CabinetId = 1,
        Name = "Демо-магазин",
        IsActive = true,
        LastSyncAt = Now,
        Sync = [new SyncStanding("cards", "ok", false, Now, Now.AddMinutes(15), null, 0, null, 0, "{}")],
        Budget = new CabinetMoney(null, 0.05934m, false, 0, 0),
        Model = Model,
    };

    public static readonly CabinetFailures Failures = new(
        1,
        new FailedRowList(1, [new FailedRow("reviews", 901, 4, "the row cannot be read", Now.AddMinutes(35), Now.AddHours(-3))]),
        new FailedChunkList(0, []),
        new KeptAsideList(1, [new KeptAsideRow("orders", "71b0c1", "totalPrice: no number", Now.AddDays(-1), Now, "{}")]));
}
