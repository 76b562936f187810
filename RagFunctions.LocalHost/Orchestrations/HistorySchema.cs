namespace RagFunctions.LocalHost.Orchestrations;

/// <summary>The tables of the local host: a schema of its own in the index database, made by the host itself.</summary>
internal static class HistorySchema
{
    /// <summary>One host per database: held by the session that lives as long as the host.</summary>
    public const string Lock = "SELECT pg_advisory_lock(hashtextextended('rag local host', 0))";

    public const string Unlock = "SELECT pg_advisory_unlock(hashtextextended('rag local host', 0))";

    /// <summary>
    /// History whose execution is gone is what a kill has left between two statements. A killed process leaves statements that the
    /// server still ends: what they add is waited for before history is read.
    /// </summary>
    public const string Create = """
        CREATE SCHEMA IF NOT EXISTS local_host;
        CREATE TABLE IF NOT EXISTS local_host.instances (
            instance_id text PRIMARY KEY, execution_id uuid NOT NULL, name text NOT NULL, status text NOT NULL,
            input text, output text, custom_status text, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
        CREATE TABLE IF NOT EXISTS local_host.history (
            execution_id uuid NOT NULL, seq integer NOT NULL, kind text NOT NULL, task_id integer NOT NULL,
            name text, payload text, at timestamptz NOT NULL, PRIMARY KEY (execution_id, seq));
        CREATE TABLE IF NOT EXISTS local_host.timers (
            name text PRIMARY KEY, schedule text NOT NULL, last_at timestamptz, next_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
        CREATE TABLE IF NOT EXISTS local_host.keys (singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton), code text NOT NULL);
        DO $$ BEGIN LOCK TABLE local_host.history IN SHARE ROW EXCLUSIVE MODE; END $$;
        DELETE FROM local_host.history h WHERE NOT EXISTS (SELECT FROM local_host.instances i WHERE i.execution_id = h.execution_id);
        """;

    /// <summary>$1 = a new key, taken only where none is stored.</summary>
    public const string EnsureKey = """
        WITH made AS (INSERT INTO local_host.keys (code) VALUES ($1) ON CONFLICT DO NOTHING RETURNING code)
        SELECT code FROM made UNION ALL SELECT code FROM local_host.keys LIMIT 1
        """;
}
