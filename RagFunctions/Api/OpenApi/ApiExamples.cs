using RagFunctions.Core.Runs;
using RagFunctions.Core.Search;
using RagFunctions.Core.Status;

namespace RagFunctions.Api.OpenApi;

/// <summary>What the API answers, for example: values of the types that it writes, so that they always have their fields.</summary>
internal static class ApiExamples
{
    private const string Management = "http://127.0.0.1:7071/runtime/webhooks/durabletask/instances/";

    private static readonly DateTimeOffset Began = new(2026, 11, 22, 21, 11, 41, 819, TimeSpan.Zero);

    public static readonly HealthReply Health = new("ok", "rag-functions", "0.1.0", new DatabaseHealth("ok", "ok"));

    public static readonly HealthReply Unhealthy = new("unavailable", "rag-functions", "0.1.0", new DatabaseHealth("ok", "schema_behind"));

    public static readonly Accepted AcceptedIndex = Managed(new Accepted
    {
        Message = "Indexing runs in the background",
        CabinetId = 1,
        IndexingMode = "incremental",
        InstanceId = "index-1",
        AcceptedChanges = 3,
    });

    public static readonly Accepted AcceptedIndexAll = Managed(new Accepted
    {
        Message = "Started for all active cabinets",
        IndexingMode = "catch_up",
        InstanceId = "start-all",
        AcceptedChanges = 0,
    });

    public static readonly Accepted AcceptedSync = Managed(new Accepted { Message = "The sync runs in the background", CabinetId = 1, InstanceId = "sync-1" });

    public static readonly Accepted AcceptedSyncAll = Managed(new Accepted { Message = "Started for all active cabinets", InstanceId = "sync-all" });

    public static readonly RunRecord Run = new()
    {
        RunId = Guid.Parse("73fd098a-5399-694e-e801-3fb085482337"),
        CabinetId = 1,
        Mode = "incremental",
        Outcome = "completed",
        StartedAt = Began,
        FinishedAt = Began.AddMilliseconds(228),
        Rounds = 2,
        RowsRead = 335,
        ChunksNew = 5,
        ChunksUpdated = 27,
        ChunksUnchanged = 297,
        ChunksDeleted = 13,
        TotalChunks = 1492,
        EmbeddingRequests = 2,
        EmbeddingInputs = 32,
        EmbeddingTokens = 4766,
        CostUsd = 0.00009532m,
        NaiveInputs = 1492,
        NaiveTokens = 208292,
        NaiveCostUsd = 0.00416584m,
        ReadMs = 37,
        RenderMs = 1,
        SaveMs = 241,
    };

    public static readonly RunRecord FullRun = new()
    {
        RunId = Guid.Parse("21258adb-cc37-c85d-1ac4-bfc4d0b79829"),
        CabinetId = 1,
        Mode = "full_rebuild",
        Outcome = "blocked",
        StartedAt = Began.AddMinutes(5),
        FinishedAt = Began.AddMinutes(5).AddSeconds(1),
        Rounds = 1,
        RowsRead = 1492,
        ChunksUnchanged = 1492,
        TotalChunks = 1492,
        ReadMs = 40,
        RenderMs = 6,
        SaveMs = 70,
        Blocked = [new BlockedCounts("orders", 1200, 310)],
        Verified = new VerifiedCounts(0, 0, 0, 0),
    };

    public static readonly RunList Runs = new(1, [FullRun, Run]);

    public static readonly IndexStatus Status = new()
    {
        Status = "success",
        CabinetId = 1,
        IndexingStatus = "completed",
        LastIndexedAt = Began.AddMinutes(5),
        LastIncrementalAt = Began,
        TotalChunks = 1492,
        CreatedAt = Began.AddDays(-1),
        UpdatedAt = Began.AddMinutes(5),
        Message = "The last run ended: completed",
        Outcome = "completed",
        Mode = "incremental",
        IsActive = true,
        ChangeSource = "capture",
        LastRun = Run,
        Model = "text-embedding-3-small",
        Dimensions = 1536,
    };

    public static readonly CabinetPage Cabinets = new(
        [
            new CabinetGlance
            {
                CabinetId = 1, Name = "Демо-магазин", IsActive = true, Outcome = "completed", TotalChunks = 14076, CostTodayUsd = 0.05884502m,
                NextRunAt = Began.AddDays(8), LastFullAt = Began,
            },
        ],
        NextAfter: 1);

    public static readonly IndexMetrics Metrics = new(
        1,
        new LatestIndexingMetrics(FullRun.RunId, "full_rebuild", Began, Began.AddMilliseconds(114), 0.114, "completed"),
        new ChunkMetrics(1492, 0, 0, 1492, 0, 0, 0, 0),
        new EmbeddingMetrics(0, 0, 0, 0, 0),
        new ApiUsageMetrics(0, 0, 0),
        new PerformanceMetrics(0.04, 0.006, 0, 0.07),
        new ComparisonMetrics(null, 100, 0));

    public static readonly SearchReply Search = new(
        1, "hybrid", "offline-feature-hashing-v1", 0.4, 21.7,
        [
            new SearchReplyHit(
                "reviews", 412, 0, 152102405, new DateTimeOffset(2026, 9, 10, 11, 20, 5, TimeSpan.Zero), 0.9919, 0.3304, 1, 2, 0.8731,
                "Положительный отзыв от 10.09.2026, оценка 5 из 5: товар «Ботинки»"),
        ]);

    private static Accepted Managed(Accepted accepted) => accepted with
    {
        Id = accepted.InstanceId,
        StatusQueryGetUri = $"{Management}{accepted.InstanceId}?code=…",
        SendEventPostUri = $"{Management}{accepted.InstanceId}/raiseEvent/{{eventName}}?code=…",
        TerminatePostUri = $"{Management}{accepted.InstanceId}/terminate?reason={{text}}&code=…",
        PurgeHistoryDeleteUri = $"{Management}{accepted.InstanceId}?code=…",
        SuspendPostUri = $"{Management}{accepted.InstanceId}/suspend?reason={{text}}&code=…",
        ResumePostUri = $"{Management}{accepted.InstanceId}/resume?reason={{text}}&code=…",
    };
}
