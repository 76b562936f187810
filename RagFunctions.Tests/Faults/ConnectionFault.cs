namespace RagFunctions.Tests.Faults;

/// <summary>How a connection dies.</summary>
public enum ConnectionFault
{
    /// <summary>The request never reaches the server.</summary>
    BeforeRequest,

    /// <summary>The server has done what was asked, and its answer is lost: for COMMIT nobody knows whether it happened.</summary>
    AnswerLost,
}
