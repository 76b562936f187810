-- The original's SQL file 001: the only place that makes the HNSW index; no chunk_hash.
CREATE EXTENSION IF NOT EXISTS vector;
CREATE TABLE IF NOT EXISTS rag_metadata (
    id serial PRIMARY KEY, cabinet_id integer NOT NULL, source_table varchar(50) NOT NULL, source_id integer NOT NULL,
    chunk_type varchar(20) NOT NULL, chunk_text text NOT NULL, created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz,
    CONSTRAINT uq_rag_metadata_cabinet_source UNIQUE (cabinet_id, source_table, source_id));
CREATE TABLE IF NOT EXISTS rag_embeddings (
    id serial PRIMARY KEY, embedding vector(1536) NOT NULL, metadata_id integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz,
    CONSTRAINT fk_rag_embeddings_metadata FOREIGN KEY (metadata_id) REFERENCES rag_metadata (id) ON DELETE CASCADE);
CREATE TABLE IF NOT EXISTS rag_index_status (
    id serial PRIMARY KEY, cabinet_id integer NOT NULL UNIQUE, last_indexed_at timestamptz, last_incremental_at timestamptz,
    indexing_status varchar(20) NOT NULL DEFAULT 'pending', total_chunks integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz);
CREATE INDEX IF NOT EXISTS idx_rag_metadata_cabinet_id ON rag_metadata (cabinet_id);
CREATE INDEX IF NOT EXISTS idx_rag_metadata_cabinet_type ON rag_metadata (cabinet_id, chunk_type);
CREATE INDEX IF NOT EXISTS idx_rag_metadata_source ON rag_metadata (source_table, source_id);
CREATE INDEX IF NOT EXISTS idx_rag_metadata_created_at ON rag_metadata (created_at);
CREATE INDEX IF NOT EXISTS idx_rag_embeddings_metadata_id ON rag_embeddings (metadata_id);
CREATE INDEX IF NOT EXISTS idx_rag_embeddings_vector ON rag_embeddings USING hnsw (embedding vector_cosine_ops)
    WITH (m = 16, ef_construction = 64);
COMMENT ON TABLE rag_metadata IS 'Chunks of text';
