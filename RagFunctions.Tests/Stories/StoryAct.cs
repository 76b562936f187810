namespace RagFunctions.Tests.Stories;

/// <summary>What happens in one step of a story.</summary>
public enum StoryAct
{
    Insert,
    InsertPoison,
    Change,
    Delete,
    Rename,
    Hide,
    TimePasses,
    Switch,
    ForeignIds,
    RequestFull,
    ProviderTrouble,
    RetriesFallDue,
    LateDelivery,
    Run,
}
