namespace Microsoft.Azure.Functions.Worker;

/// <summary>The management URLs of one orchestration instance.</summary>
public class HttpManagementPayload
{
    public string? Id { get; internal init; }

    public string? StatusQueryGetUri { get; internal init; }

    public string? SendEventPostUri { get; internal init; }

    public string? TerminatePostUri { get; internal init; }

    public string? PurgeHistoryDeleteUri { get; internal init; }

    public string? SuspendPostUri { get; internal init; }

    public string? ResumePostUri { get; internal init; }
}
