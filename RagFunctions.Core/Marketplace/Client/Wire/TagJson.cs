using System.Text.Json.Serialization;

namespace RagFunctions.Core.Marketplace.Client.Wire;

/// <summary>The list of a review's tags as it is stored.</summary>
[JsonSerializable(typeof(string[]))]
internal sealed partial class TagJson : JsonSerializerContext;
