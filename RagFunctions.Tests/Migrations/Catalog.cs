using Npgsql;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Migrations;

/// <summary>A schema as the server's catalogue describes it, one line for each column, constraint, index, sequence, trigger, function.</summary>
internal static class Catalog
{
    // Not the order of columns, which an upgrade cannot change, and not the optional approximate index.
    private const string Describe = """
        SELECT line FROM (
            SELECT format('%s.%s %s %s default %s storage %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
                          CASE WHEN a.attnotnull THEN 'not null' ELSE 'null' END, coalesce(pg_get_expr(d.adbin, d.adrelid), '-'), a.attstorage)
            FROM pg_class c
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
            WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
            UNION ALL
            SELECT format('%s constraint %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
            FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 0
            UNION ALL
            SELECT format('%s valid %s', pg_get_indexdef(i.indexrelid), i.indisvalid)
            FROM pg_index i
            JOIN pg_class c ON c.oid = i.indexrelid AND c.relnamespace = 'public'::regnamespace
            JOIN pg_am m ON m.oid = c.relam AND m.amname <> 'hnsw'
            UNION ALL
            SELECT format('sequence %s %s max %s', s.seqrelid::regclass, s.seqtypid::regtype, s.seqmax)
            FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid AND c.relnamespace = 'public'::regnamespace
            UNION ALL
            SELECT format('trigger %s', pg_get_triggerdef(oid)) FROM pg_trigger WHERE NOT tgisinternal
            UNION ALL
            SELECT format('function %s %s %s', p.oid::regprocedure, md5(p.prosrc), p.proconfig) FROM pg_proc p
            WHERE p.pronamespace = 'public'::regnamespace AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
        ) AS lines (line)
        WHERE line !~ $1
        ORDER BY line COLLATE "C"
        """;

    /// <summary>Everything but the history tables.</summary>
    public static Task<List<string>> DescribeAsync(NpgsqlDataSource database) => database.ReadNamesAsync(Describe, "rag_schema_(main|rag)");
}
