using System.Text.Json.Serialization;

namespace RagFunctions.Core.Marketplace.Client.Wire;

internal sealed class CardsAnswer
{
    public List<CardRow>? Cards { get; set; }
    public CursorRow? Cursor { get; set; }

    internal sealed class CardRow
    {
        [JsonPropertyName("nmID")]
        public long? NmId { get; set; }
        public string? SubjectName { get; set; }
        public string? VendorCode { get; set; }
        public string? Brand { get; set; }
        public string? Title { get; set; }
        public List<PhotoRow>? Photos { get; set; }
        public List<SizeRow>? Sizes { get; set; }
        public string? UpdatedAt { get; set; }
        public string? TrashedAt { get; set; }
    }

    internal sealed class PhotoRow
    {
        public string? Big { get; set; }
        public string? C246x328 { get; set; }
        public string? C516x688 { get; set; }
        public string? Square { get; set; }
        public string? Tm { get; set; }
    }

    internal sealed class SizeRow
    {
        [JsonPropertyName("chrtID")]
        public ulong? ChrtId { get; set; }
        public string? TechSize { get; set; }
        public string? WbSize { get; set; }
        public List<string?>? Skus { get; set; }
    }

    internal sealed class CursorRow
    {
        public string? UpdatedAt { get; set; }
        public string? TrashedAt { get; set; }
        [JsonPropertyName("nmID")]
        public long? NmId { get; set; }
        public int? Total { get; set; }
    }
}
