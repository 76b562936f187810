using FluentMigrator.Runner.VersionTableInfo;

namespace RagFunctions.Core.Migrations;

/// <summary>Names of the history table of one set.</summary>
internal sealed class MigrationHistoryTable(MigrationSet set) : IVersionTableMetaData
{
    public bool OwnsSchema => false;

    public string SchemaName => "public";

    public string TableName => set.HistoryTable();

    public string ColumnName => "version";

    public string DescriptionColumnName => "description";

    public string UniqueIndexName => set.HistoryTable() + "_version";

    public string AppliedOnColumnName => "applied_on";

    public bool CreateWithPrimaryKey => false;
}
