using RagFunctions.Core.Migrations;

namespace RagFunctions.Tests.Migrations;

/// <summary>Reports at once, on the thread that reports.</summary>
internal sealed class CallingProgress(Action<MigrationProgress> onReport) : IProgress<MigrationProgress>
{
    public void Report(MigrationProgress value) => onReport(value);
}
