using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace RagFunctions.Core;

/// <summary>
/// Everything that is measured here, by name; the app counts refused keys under the same one. <c>gen_ai.*</c> follows OpenTelemetry's semantic conventions for generative AI; databases
/// are measured by Npgsql itself after those for databases. No text, no key and no name of a seller is ever among the values.
/// </summary>
internal static class RagTelemetry
{
    /// <summary>The name of the source of spans and of the meter.</summary>
    public const string Name = "RagFunctions";

    public const string CabinetId = "rag.cabinet.id";
    public const string RunId = "rag.run.id";
    public const string RunOutcome = "rag.run.outcome";
    public const string DifferenceKind = "rag.difference.kind";
    public const string SyncEntity = "rag.sync.entity";
    public const string SyncOutcome = "rag.sync.outcome";
    public const string MarketplaceMethod = "rag.marketplace.method";
    public const string ErrorType = "error.type";
    public const string Operation = "gen_ai.operation.name";
    public const string Provider = "gen_ai.provider.name";
    public const string RequestModel = "gen_ai.request.model";
    public const string TokenType = "gen_ai.token.type";
    public const string InputTokens = "gen_ai.usage.input_tokens";

    /// <summary>The tag that most values carry.</summary>
    public static KeyValuePair<string, object?> Cabinet(long id) => new(CabinetId, id);

    public static readonly ActivitySource Source = new(Name);

    private static readonly Meter Meter = new(Name);

    /// <summary>Age of the oldest change that search does not show yet.</summary>
    public static readonly Gauge<double> Lag = Meter.CreateGauge<double>("rag.index.lag", "s", "Age of the oldest change not in the index yet");

    public static readonly Gauge<long> Queued = Meter.CreateGauge<long>("rag.changes.queued", "{change}", "Changes waiting to be looked at");

    public static readonly Gauge<long> Pending = Meter.CreateGauge<long>("rag.chunks.pending", "{chunk}", "Chunks waiting for the vector of their text");

    public static readonly Gauge<long> Failed = Meter.CreateGauge<long>("rag.chunks.failed", "{chunk}", "Pending chunks whose text was refused");

    public static readonly Gauge<double> RebuildAge = Meter.CreateGauge<double>("rag.rebuild.age", "s", "Time since the last full run that completed");

    public static readonly Gauge<long> Cabinets = Meter.CreateGauge<long>("rag.cabinets", "{cabinet}", "Active cabinets the sweep looked at");

    /// <summary>Found when a full run compares everything at its end; by kind: <c>missing</c>, <c>stale</c>, <c>surplus</c>.</summary>
    public static readonly Gauge<long> Differences = Meter.CreateGauge<long>("rag.verify.differences", "{chunk}", "Chunks in which index and source differed at the end of a full run");

    public static readonly Counter<long> Runs = Meter.CreateCounter<long>("rag.runs", "{run}", "Runs that ended, by outcome");

    public static readonly Counter<long> Inputs = Meter.CreateCounter<long>("rag.embedding.inputs", "{text}", "Texts sent to the embedder and answered");

    public static readonly Counter<long> Skipped = Meter.CreateCounter<long>("rag.embedding.skipped", "{chunk}", "Chunks looked at that needed no request: unchanged, or the vector was there");

    public static readonly Counter<long> Lost = Meter.CreateCounter<long>("rag.embedding.lost", "{request}", "Embedding requests sent and not answered: booked by estimate, perhaps on the bill");

    public static readonly Counter<double> Cost = Meter.CreateCounter<double>("rag.embedding.cost", "{USD}", "Price of the embedded tokens");

    public static readonly Gauge<double> Spent = Meter.CreateGauge<double>("rag.embedding.spent", "{USD}", "What embedding has cost today (UTC), requests without an answer by their estimate");

    public static readonly Gauge<double> BudgetUsed = Meter.CreateGauge<double>("rag.embedding.budget.used", "1", "Share of the daily budget that is spent, the cabinet's own or that of all: from 1 on embedding waits");

    public static readonly Counter<long> Syncs = Meter.CreateCounter<long>("rag.syncs", "{step}", "Steps of an entity's sync, by outcome");

    public static readonly Histogram<double> MarketplaceWait = Meter.CreateHistogram<double>("rag.marketplace.wait", "s", "How long a call to the marketplace was told to wait for its limit");

    public static readonly Histogram<double> StepDuration = Meter.CreateHistogram<double>("rag.step.duration", "s", "Length of a step of a run or a sync");

    public static readonly Histogram<double> RequestDuration = Meter.CreateHistogram<double>("gen_ai.client.operation.duration", "s", "Length of an embedding request with its retries");

    public static readonly Histogram<long> TokenUsage = Meter.CreateHistogram<long>("gen_ai.client.token.usage", "{token}", "Tokens of an embedding request");
}
