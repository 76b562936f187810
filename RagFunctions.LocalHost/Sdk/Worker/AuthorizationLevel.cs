namespace Microsoft.Azure.Functions.Worker;

/// <summary>Which of the platform's keys a request must carry.</summary>
public enum AuthorizationLevel
{
    Anonymous = 0,
    User = 1,
    Function = 2,
    System = 3,
    Admin = 4,
}
