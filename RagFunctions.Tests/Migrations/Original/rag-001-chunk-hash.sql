-- The original's other SQL file 001.
ALTER TABLE rag_metadata ADD COLUMN IF NOT EXISTS chunk_hash varchar(64);
CREATE INDEX IF NOT EXISTS idx_rag_metadata_chunk_hash ON rag_metadata (chunk_hash);
CREATE INDEX IF NOT EXISTS idx_rag_metadata_cabinet_source ON rag_metadata (cabinet_id, source_table, source_id);
