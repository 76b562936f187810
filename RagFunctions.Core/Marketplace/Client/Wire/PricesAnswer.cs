using System.Text.Json.Serialization;

namespace RagFunctions.Core.Marketplace.Client.Wire;

internal sealed class PricesAnswer
{
    public PricesData? Data { get; set; }
    public bool? Error { get; set; }
    public string? ErrorText { get; set; }

    internal sealed class PricesData
    {
        public List<Good>? ListGoods { get; set; }
    }

    internal sealed class Good
    {
        [JsonPropertyName("nmID")]
        public long? NmId { get; set; }
        public List<Size>? Sizes { get; set; }
    }

    internal sealed class Size
    {
        [JsonPropertyName("sizeID")]
        public ulong? SizeId { get; set; }
        public decimal? Price { get; set; }
        public decimal? DiscountedPrice { get; set; }
    }
}
