-- Stands in until the migrations build the template databases. The index part.
CREATE EXTENSION IF NOT EXISTS vector;
CREATE TABLE IF NOT EXISTS rag_metadata (
  id bigserial PRIMARY KEY, cabinet_id bigint NOT NULL, source_table varchar(50) NOT NULL, source_id bigint NOT NULL,
  chunk_index integer NOT NULL DEFAULT 0, chunk_type varchar(20) NOT NULL, chunk_text text NOT NULL, chunk_hash varchar(64),
  nm_id bigint, business_date timestamptz, expires_at timestamptz, renderer_version integer NOT NULL DEFAULT 0, source_name text,
  embedded_hash varchar(64), embedded_model text, pending_since timestamptz, embed_attempts integer NOT NULL DEFAULT 0, embed_error text,
  next_attempt_at timestamptz, created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz,
  CONSTRAINT uq_rag_metadata_cabinet_source UNIQUE (cabinet_id, source_table, source_id, chunk_index));
CREATE INDEX IF NOT EXISTS idx_rag_metadata_cabinet_hash ON rag_metadata (cabinet_id, chunk_hash);
CREATE INDEX IF NOT EXISTS idx_rag_metadata_pending ON rag_metadata (cabinet_id, chunk_hash) WHERE embedded_hash IS DISTINCT FROM chunk_hash;
CREATE INDEX IF NOT EXISTS idx_rag_metadata_expires ON rag_metadata (expires_at) WHERE expires_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS rag_embeddings (
  id bigserial PRIMARY KEY, embedding vector(1536) NOT NULL, metadata_id bigint NOT NULL,
  cabinet_id bigint NOT NULL, chunk_type varchar(20) NOT NULL, model text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz,
  CONSTRAINT uq_rag_embeddings_metadata UNIQUE (metadata_id),
  CONSTRAINT fk_rag_embeddings_metadata FOREIGN KEY (metadata_id) REFERENCES rag_metadata(id) ON DELETE CASCADE);
ALTER TABLE rag_embeddings ALTER COLUMN embedding SET STORAGE PLAIN;
CREATE INDEX IF NOT EXISTS idx_rag_embeddings_cabinet ON rag_embeddings (cabinet_id);
CREATE TABLE IF NOT EXISTS rag_index_status (
  id bigserial PRIMARY KEY, cabinet_id bigint NOT NULL UNIQUE,
  last_indexed_at timestamptz, last_incremental_at timestamptz, indexing_status varchar(20) NOT NULL DEFAULT 'pending',
  total_chunks bigint NOT NULL DEFAULT 0, created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz,
  requested_mode varchar(20), request_version bigint NOT NULL DEFAULT 0, requested_at timestamptz, allow_mass_delete boolean NOT NULL DEFAULT false,
  lease_owner text, lease_token bigint NOT NULL DEFAULT 0, lease_run_id uuid, lease_round integer, lease_heartbeat_at timestamptz, lease_expires_at timestamptz,
  not_before timestamptz, last_outcome varchar(30), last_error text, last_run_id uuid,
  full_completed_at timestamptz, full_renderer_version integer NOT NULL DEFAULT 0,
  catch_up_from timestamptz, last_catch_up_at timestamptz, is_active boolean NOT NULL DEFAULT true);
CREATE TABLE IF NOT EXISTS rag_index_runs (
  run_id uuid PRIMARY KEY, cabinet_id bigint NOT NULL, mode varchar(20) NOT NULL, owner text NOT NULL, outcome varchar(30),
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(), finished_at timestamptz, as_of timestamptz NOT NULL, rounds integer NOT NULL DEFAULT 0,
  request_version bigint NOT NULL DEFAULT 0, catch_up_started_at timestamptz,
  rows_read bigint NOT NULL DEFAULT 0, chunks_new bigint NOT NULL DEFAULT 0, chunks_updated bigint NOT NULL DEFAULT 0, chunks_unchanged bigint NOT NULL DEFAULT 0,
  chunks_deleted bigint NOT NULL DEFAULT 0, chunks_expired bigint NOT NULL DEFAULT 0, failed_rows bigint NOT NULL DEFAULT 0, failed_chunks bigint NOT NULL DEFAULT 0,
  pending_chunks bigint NOT NULL DEFAULT 0, total_chunks bigint NOT NULL DEFAULT 0,
  embedding_requests bigint NOT NULL DEFAULT 0, embedding_inputs bigint NOT NULL DEFAULT 0, embedding_tokens bigint NOT NULL DEFAULT 0, reused_vectors bigint NOT NULL DEFAULT 0,
  failed_batches bigint NOT NULL DEFAULT 0, cost_usd numeric(18,8) NOT NULL DEFAULT 0, naive_inputs bigint NOT NULL DEFAULT 0, naive_tokens bigint NOT NULL DEFAULT 0, naive_cost_usd numeric(18,8) NOT NULL DEFAULT 0,
  read_ms bigint NOT NULL DEFAULT 0, render_ms bigint NOT NULL DEFAULT 0, embed_ms bigint NOT NULL DEFAULT 0, save_ms bigint NOT NULL DEFAULT 0,
  last_error text, blocked jsonb, verify_missing bigint, verify_stale bigint, verify_surplus bigint, verify_pending bigint);
CREATE INDEX IF NOT EXISTS idx_rag_index_runs_cabinet ON rag_index_runs (cabinet_id, started_at DESC);
CREATE TABLE IF NOT EXISTS rag_embedder (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton), model text NOT NULL, dimensions integer NOT NULL, recorded_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS rag_provider (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton), not_before timestamptz, reason text, updated_at timestamptz NOT NULL DEFAULT now());
