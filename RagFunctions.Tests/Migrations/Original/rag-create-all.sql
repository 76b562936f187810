-- What the original's service makes at its start. Its defaults live in code, apart from created_at; a unique column that is also
-- declared indexed becomes a unique index, not a constraint.
CREATE EXTENSION IF NOT EXISTS vector;
CREATE TABLE rag_metadata (
    id serial PRIMARY KEY, cabinet_id integer NOT NULL, source_table varchar(50) NOT NULL, source_id integer NOT NULL,
    chunk_type varchar(20) NOT NULL, chunk_text text NOT NULL, chunk_hash varchar(64),
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz,
    CONSTRAINT uq_rag_metadata_cabinet_source UNIQUE (cabinet_id, source_table, source_id));
CREATE INDEX ix_rag_metadata_id ON rag_metadata (id);
CREATE INDEX ix_rag_metadata_cabinet_id ON rag_metadata (cabinet_id);
CREATE INDEX ix_rag_metadata_chunk_type ON rag_metadata (chunk_type);
CREATE INDEX ix_rag_metadata_chunk_hash ON rag_metadata (chunk_hash);
CREATE INDEX ix_rag_metadata_created_at ON rag_metadata (created_at);
CREATE INDEX idx_rag_metadata_cabinet_type ON rag_metadata (cabinet_id, chunk_type);
CREATE INDEX idx_rag_metadata_source ON rag_metadata (source_table, source_id);
CREATE INDEX idx_rag_metadata_cabinet_source ON rag_metadata (cabinet_id, source_table, source_id);
CREATE TABLE rag_embeddings (
    id serial PRIMARY KEY, embedding vector(1536) NOT NULL, metadata_id integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz,
    CONSTRAINT fk_rag_embeddings_metadata FOREIGN KEY (metadata_id) REFERENCES rag_metadata (id) ON DELETE CASCADE);
CREATE INDEX ix_rag_embeddings_id ON rag_embeddings (id);
CREATE INDEX ix_rag_embeddings_metadata_id ON rag_embeddings (metadata_id);
CREATE TABLE rag_index_status (
    id serial PRIMARY KEY, cabinet_id integer NOT NULL, last_indexed_at timestamptz, last_incremental_at timestamptz,
    indexing_status varchar(20) NOT NULL, total_chunks integer NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz);
CREATE INDEX ix_rag_index_status_id ON rag_index_status (id);
CREATE UNIQUE INDEX ix_rag_index_status_cabinet_id ON rag_index_status (cabinet_id);
