using System.Text.Json;

namespace RagFunctions.Core.Marketplace.Client.Wire;

internal sealed class FeedbacksAnswer
{
    public FeedbacksData? Data { get; set; }
    public bool? Error { get; set; }
    public string? ErrorText { get; set; }

    internal sealed class FeedbacksData
    {
        public List<Row>? Feedbacks { get; set; }
    }

    internal sealed class Row
    {
        public string? Id { get; set; }
        public string? Text { get; set; }
        public string? Pros { get; set; }
        public string? Cons { get; set; }
        public int? ProductValuation { get; set; }
        public string? CreatedDate { get; set; }
        public JsonElement? Answer { get; set; }
        public Details? ProductDetails { get; set; }
        public bool? WasViewed { get; set; }
        public string? UserName { get; set; }
        public string? MatchingSize { get; set; }
        public int? SupplierFeedbackValuation { get; set; }
        public int? SupplierProductValuation { get; set; }
        public List<string?>? Bables { get; set; }
        public string? Color { get; set; }
    }

    internal sealed class Details
    {
        public long? NmId { get; set; }
    }
}
