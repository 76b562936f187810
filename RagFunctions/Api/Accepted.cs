using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace RagFunctions.Api;

/// <summary>The answer to a request for a run or a sync. The management URLs carry a key that opens every instance: operators only.</summary>
public sealed record Accepted
{
    /// <summary>Always <c>accepted</c>.</summary>
    public string Status { get; init; } = "accepted";

    /// <summary>How it goes on, for people.</summary>
    public required string Message { get; init; }

    /// <summary>Whose; absent for all cabinets.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? CabinetId { get; init; }

    /// <summary><c>incremental</c>, <c>catch_up</c> or <c>full_rebuild</c>; absent for a sync.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? IndexingMode { get; init; }

    /// <summary>The orchestration.</summary>
    public required string InstanceId { get; init; }

    /// <summary>Distinct rows that were queued; absent for a sync.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? AcceptedChanges { get; init; }

    /// <summary>Where the status is.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? StatusUrl => CabinetId is { } id ? $"/v1/rag/status/{id}" : null;

    /// <summary>The orchestration, as Durable's management names it; this and the URLs only for operators.</summary>
    [JsonPropertyName("id"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Id { get; init; }

    /// <summary>How the orchestration goes.</summary>
    [JsonPropertyName("statusQueryGetUri"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? StatusQueryGetUri { get; init; }

    /// <summary>Sends it an event.</summary>
    [JsonPropertyName("sendEventPostUri"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SendEventPostUri { get; init; }

    /// <summary>Ends it.</summary>
    [JsonPropertyName("terminatePostUri"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TerminatePostUri { get; init; }

    /// <summary>Deletes its history.</summary>
    [JsonPropertyName("purgeHistoryDeleteUri"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PurgeHistoryDeleteUri { get; init; }

    /// <summary>Holds it.</summary>
    [JsonPropertyName("suspendPostUri"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SuspendPostUri { get; init; }

    /// <summary>Lets it go on.</summary>
    [JsonPropertyName("resumePostUri"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ResumePostUri { get; init; }

    /// <summary>202 with this, and for an operator the management URLs of its instance.</summary>
    public IResult AnswerTo(HttpRequest request, DurableTaskClient client)
    {
        if (StatusUrl is not null)
        {
            request.HttpContext.Response.Headers.Location = StatusUrl;
        }

        return ApiJson.Answer(
            ApiCaller.Of(request).IsOperator ? With(client.CreateHttpManagementPayload(InstanceId)) : this, StatusCodes.Status202Accepted);
    }

    private Accepted With(HttpManagementPayload urls) => this with
    {
        Id = urls.Id,
        StatusQueryGetUri = urls.StatusQueryGetUri,
        SendEventPostUri = urls.SendEventPostUri,
        TerminatePostUri = urls.TerminatePostUri,
        PurgeHistoryDeleteUri = urls.PurgeHistoryDeleteUri,
        SuspendPostUri = urls.SuspendPostUri,
        ResumePostUri = urls.ResumePostUri,
    };
}
