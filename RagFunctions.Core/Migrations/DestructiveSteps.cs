using Npgsql;

namespace RagFunctions.Core.Migrations;

/// <summary>The pending steps that somebody has to agree to before they run.</summary>
public static class DestructiveSteps
{
    /// <summary>Steps of a set that have not run and would delete something here: nothing on a database that holds nothing yet. Reads only.</summary>
    public static async Task<IReadOnlyList<MigrationStep>> FindAsync(
        MigrationSet set, NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        var steps = await SchemaMigrator.ListAsync(set, database, cancellationToken);
        var pending = steps.Where(step => step is { AppliedAt: null, Deletes: not null }).ToList();
        if (pending.Count == 0)
        {
            return [];
        }

        var isInUse = steps.Any(step => step.AppliedAt is not null)
            || (set == MigrationSet.Rag && await UpgradeEstimate.MeasureAsync(database, cancellationToken) is not null);
        return isInUse ? pending : [];
    }
}

/// <summary>Going up, this step takes something out of a database in use that going down does not bring back: somebody has to agree.</summary>
/// <param name="what">What is deleted, for the one who agrees.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class DeletesAttribute(string what) : Attribute
{
    /// <summary>What is deleted.</summary>
    public string What { get; } = what;
}
