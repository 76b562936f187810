using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace RagFunctions.Api;

/// <summary>The answer to a request for a run or a sync. The management URLs carry a key that opens every instance: operators only.</summary>
public sealed record Accepted
{
    public string Status { get; init; } = "accepted";

    public required string Message { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? CabinetId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? IndexingMode { get; init; }

    public required string InstanceId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? AcceptedChanges { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? StatusUrl => CabinetId is { } id ? $"/v1/rag/status/{id}" : null;

    [JsonPropertyName("id"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Id { get; init; }

    [JsonPropertyName("statusQueryGetUri"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? StatusQueryGetUri { get; init; }

    [JsonPropertyName("sendEventPostUri"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SendEventPostUri { get; init; }

    [JsonPropertyName("terminatePostUri"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TerminatePostUri { get; init; }

    [JsonPropertyName("purgeHistoryDeleteUri"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PurgeHistoryDeleteUri { get; init; }

    [JsonPropertyName("suspendPostUri"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SuspendPostUri { get; init; }

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
