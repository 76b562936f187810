using System.Globalization;

namespace RagFunctions.Core.Embeddings;

/// <summary>The statements that change the type of the column of vectors.</summary>
internal static class VectorColumn
{
    /// <summary>A vector in line has to fit into a page of 8 KB together with the rest of its row; longer ones lie beside it.</summary>
    public const int LongestInLine = 1_900;

    /// <summary>Vectors of this length and no other. Rewrites the table.</summary>
    public static string OfLength(int dimensions, string table = "rag_embeddings") => As(
        table, string.Create(CultureInfo.InvariantCulture, $"vector({dimensions})"), dimensions <= LongestInLine ? "PLAIN" : "EXTERNAL");

    // A length is part of a type and cannot be a parameter. Triggers that watch the column keep its type from being changed, so they are
    // taken off and put back in the same transaction, as they were.
    private static string As(string table, string type, string storage) => $"""
        DO $column$
        DECLARE
            watching record;
            definitions text[] := ARRAY[]::text[];
            definition text;
        BEGIN
            FOR watching IN
                SELECT tgname, pg_get_triggerdef(oid) AS definition FROM pg_trigger
                WHERE tgrelid = '{table}'::regclass AND NOT tgisinternal AND tgattr::text <> ''
            LOOP
                definitions := definitions || watching.definition;
                EXECUTE format('DROP TRIGGER %I ON {table}', watching.tgname);
            END LOOP;
            ALTER TABLE {table} ALTER COLUMN embedding TYPE {type}, ALTER COLUMN embedding SET STORAGE {storage};
            FOREACH definition IN ARRAY definitions LOOP
                EXECUTE definition;
            END LOOP;
        END
        $column$;
        """;
}
