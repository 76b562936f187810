using FluentMigrator;

namespace RagFunctions.Core.Migrations.Rag.Search;

/// <summary>
/// The search in two steps also serves a large cabinet whose first run has not ended. How many chunks there are is written at the end of a
/// run; until then every search would compare all vectors, for as long as the provider takes for the first index.
/// </summary>
[Migration(170, "rag_search counts the vectors of a cabinet whose first run has not ended")]
public sealed class Step170SearchWhileLoading : Migration
{
    private const string KnownTotal = "total := (SELECT s.total_chunks FROM rag_index_status AS s WHERE s.cabinet_id = cabinet);";

    // One more than may be compared is enough to know; "compare all" is asked for by a number that no cabinet reaches.
    private const string CountedTotal = KnownTotal + """

            IF way <> 'text' AND coalesce(total, 0) = 0 AND exact_up_to BETWEEN 0 AND 10000000 THEN
                total := (SELECT count(*) FROM (SELECT FROM rag_vector_bits AS b WHERE b.cabinet_id = cabinet LIMIT exact_up_to + 1) AS known);
            END IF;
        """;

    /// <inheritdoc />
    public override void Up() => Execute.Sql(
        Step140Generations.ReplaceSearch.Replace(KnownTotal, CountedTotal, StringComparison.Ordinal) + FixedPath.Of("rag_search"));

    /// <inheritdoc />
    public override void Down() => Execute.Sql(Step140Generations.ReplaceSearch + FixedPath.Of("rag_search"));
}
