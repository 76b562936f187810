namespace RagFunctions.Core.Marketplace.Client;

/// <summary>A task that prepares the stock report of basic tokens.</summary>
/// <param name="Id">Names it in the next calls.</param>
/// <param name="Progress">How far it is.</param>
public sealed record RemainsState(string Id, RemainsProgress Progress);
