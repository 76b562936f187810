namespace RagFunctions.AllCabinets;

/// <summary>A cabinet whose run is waited for, until its deadline.</summary>
public sealed record WaitingCabinet(long CabinetId, DateTimeOffset Deadline);
