namespace RagFunctions.Core.Marketplace.Client.Wire;

/// <summary>Answer of creating a task and of asking for its state.</summary>
internal sealed class RemainsTask
{
    public TaskData? Data { get; set; }

    internal sealed class TaskData
    {
        public string? TaskId { get; set; }
        public string? Id { get; set; }
        public string? Status { get; set; }
    }
}
