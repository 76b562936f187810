using System.ComponentModel.DataAnnotations;

namespace RagFunctions.Core.Runs;

/// <summary>How runs are coordinated. Checked at start.</summary>
public sealed class RunsOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Runs";

    /// <summary>Seconds a lease lasts without a heartbeat; a third of it is the age at which a step renews it.</summary>
    [Range(5, 3600, ErrorMessage = "Runs:LeaseSeconds must be between 5 and 3600.")]
    public int LeaseSeconds { get; set; } = 180;

    /// <summary>Seconds a take-over waits for the running sub-batches of the old owner before it answers busy.</summary>
    [Range(1, 120, ErrorMessage = "Runs:LockTimeoutSeconds must be between 1 and 120.")]
    public int LockTimeoutSeconds { get; set; } = 10;

    /// <summary>Ranges of changes a run applies at a time.</summary>
    [Range(1, 64, ErrorMessage = "Runs:ApplyWindow must be between 1 and 64.")]
    public int ApplyWindow { get; set; } = 4;

    /// <summary>Batches a run embeds at a time.</summary>
    [Range(1, 64, ErrorMessage = "Runs:EmbedWindow must be between 1 and 64.")]
    public int EmbedWindow { get; set; } = 8;

    /// <summary>Rounds a run may have; the sweep goes on with what is left.</summary>
    [Range(1, 100, ErrorMessage = "Runs:MaxRounds must be between 1 and 100.")]
    public int MaxRounds { get; set; } = 10;

    /// <summary>Minutes between catch-up runs of a cabinet whose changes nobody announces.</summary>
    [Range(1, 10080, ErrorMessage = "Runs:CatchUpMinutes must be between 1 and 10080.")]
    public int CatchUpMinutes { get; set; } = 15;

    /// <summary>Minutes a catch-up looks back behind its watermark: longer than any transaction of the writer stays open.</summary>
    [Range(0, 10080, ErrorMessage = "Runs:CatchUpOverlapMinutes must be between 0 and 10080.")]
    public int CatchUpOverlapMinutes { get; set; } = 60;

    /// <summary>Minutes over which the full runs are spread that a new version of the texts asks of every cabinet; 0 = all at once.</summary>
    [Range(0, 10080, ErrorMessage = "Runs:RendererSpreadMinutes must be between 0 and 10080.")]
    public int RendererSpreadMinutes { get; set; } = 240;

    /// <summary>Minutes the sweep leaves a cabinet alone whose run stopped by a configuration error (wrong key, quota).</summary>
    [Range(1, 1440, ErrorMessage = "Runs:PauseAfterFailureMinutes must be between 1 and 1440.")]
    public int PauseAfterFailureMinutes { get; set; } = 10;

    /// <summary>Seconds by which a worker's clock may differ from the main database's; beyond it the worker starts nothing.</summary>
    [Range(5, 3600, ErrorMessage = "Runs:ClockToleranceSeconds must be between 5 and 3600.")]
    public int ClockToleranceSeconds { get; set; } = 60;

    /// <summary>Days run rows are kept; the last run of a cabinet always is.</summary>
    [Range(1, 3650, ErrorMessage = "Runs:KeepDays must be between 1 and 3650.")]
    public int KeepDays { get; set; } = 90;

    /// <summary>A new run with the windows and the number of rounds set here. Everything that starts a run begins with it.</summary>
    public RunInput NewRun(long cabinetId, string owner) =>
        new(cabinetId, owner, ApplyWindow: ApplyWindow, EmbedWindow: EmbedWindow, MaxRounds: MaxRounds);

    /// <summary>The lease's length.</summary>
    public TimeSpan Lease => TimeSpan.FromSeconds(LeaseSeconds);
}
