#!/usr/bin/env bash
# Prints the files through which one changed order goes, from the marketplace's answer to its vector, in the order of its way.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$root"

way() { # TITLE FOLDER FILE...
  local title=$1 folder=$2 lines
  shift 2
  printf '%s\n' "$title"
  for file in "$@"; do
    [ -f "$folder/$file.cs" ] || { echo "error: $folder/$file.cs is not there any more: correct this script" >&2; exit 1; }
    lines=$(wc -l <"$folder/$file.cs")
    printf '  %4d  %s/%s.cs\n' "$lines" "$folder" "$file"
  done
}

core=RagFunctions.Core
{
  way "The quarter of an hour comes: the sync is planned" RagFunctions Timers/SyncTimer Index/SingletonStart Sync/SyncCabinet Sync/SyncGeneration Sync/SyncActivities
  way "What is due, and whose turn it is" $core/Marketplace/Sync SyncSteps SyncPlanner EntitySync SyncCursorStore SyncSession
  way "The call, within the limits" $core/Marketplace Statistics/StatisticsSync Statistics/StatisticsClient Client/MarketplaceTransport Client/MarketplaceCall Client/LimitHandler Limits/LimitStore Client/MarketplaceTime
  way "The row is written and queued in one transaction" $core Marketplace/Sync/PageTransaction Marketplace/Statistics/OrderWriter Changes/ChangeQueue
  way "A run is started" $core Runs/StartIndex Runs/IndexRequests
  way "The run, by its orchestrator" RagFunctions/Index DurableRunStarter IndexCabinet IndexActivities
  way "Its decisions" $core/Runs RunPlan RunInput InProcessDriver RunSteps
  way "Begin: lease, mode, ranges" $core Runs/RoundBeginner Changes/SourceFactsReader Leases/RoundLease Leases/LeaseRules Leases/LeaseRow Runs/RoundMode Store/RangePlanner
  way "Apply: the row is read, rendered, compared, written" $core Store/ChangeApplier Store/RangeApplication Store/SourcePageReader Source/SourceReader Source/OrderTable Chunks/ChunkRenderer Chunks/OrderText Chunks/LineWriter Chunks/ChunkHash Store/IndexedChunks Store/ChunkComparison Store/ChunkWriter Leases/LeaseFence
  way "Plan and embed: the vector" $core/Embeddings EmbeddingPlanner BatchEmbedder EmbeddingPass PendingTexts Providers/OpenAIWireGenerator Providers/EmbeddingAnswerReader VectorWriter
  way "Finish" $core/Runs RoundFinisher RoundBooking
} | tee /dev/stderr 2>/dev/null | grep -c '\.cs$' | sed 's/$/ files/'
