// What the operator is told, and what to do about it. The names are those the app records: a test compares them.
param name string
param location string
param tags object
param workspaceId string
param failedChunks int
param emails string[]

var rules = {
  lag: {
    severity: 2
    minutes: 15
    description: 'The oldest unindexed change of a cabinet is over 30 minutes old. See GET /v1/rag/status/{cabinet_id}: last_error says what its runs stop at.'
    query: 'AppMetrics | where Name == "rag.index.lag" | summarize lag = max(Max) by cabinet = tostring(Properties["rag.cabinet.id"]), bin(TimeGenerated, 5m) | where lag > 1800'
  }
  'failed-chunks': {
    severity: 3
    minutes: 30
    description: 'Many texts are refused by the embedder. rag_metadata.embed_error says why.'
    query: 'AppMetrics | where Name == "rag.chunks.failed" | summarize failed = max(Max) by cabinet = tostring(Properties["rag.cabinet.id"]), bin(TimeGenerated, 5m) | summarize failed = sum(failed) by TimeGenerated | where failed > ${failedChunks}'
  }
  'no-rebuild': {
    severity: 2
    minutes: 60
    description: 'A cabinet had no full rebuild for 8 days. GET /v1/rag/runs/{cabinet_id} shows how the last ones ended.'
    query: 'AppMetrics | where Name == "rag.rebuild.age" | summarize age = max(Max) by cabinet = tostring(Properties["rag.cabinet.id"]), bin(TimeGenerated, 15m) | where age > 691200'
  }
  blocked: {
    severity: 1
    minutes: 15
    description: 'A run was about to delete most of an index and deleted nothing. Compare the two numbers of the run with the source; if the deletion is meant, POST /v1/rag/index/{cabinet_id}?full_rebuild=true&allow_mass_delete=true.'
    query: 'AppMetrics | where Name == "rag.runs" and Properties["rag.run.outcome"] == "blocked" | summarize runs = sum(Sum) by cabinet = tostring(Properties["rag.cabinet.id"])'
  }
  failed: {
    severity: 1
    minutes: 15
    description: 'A run stopped at something that no repetition cures: a key, a deployment, a quota that is used up. GET /v1/rag/status/{cabinet_id}: last_error says what. The run is tried again every 10 minutes; where vectors that are paid for cannot be stored, after 10, 20, 40 minutes and so on, and nothing is paid before they can.'
    query: 'AppMetrics | where Name == "rag.runs" and Properties["rag.run.outcome"] == "failed" | summarize runs = sum(Sum) by cabinet = tostring(Properties["rag.cabinet.id"])'
  }
  budget: {
    severity: 3
    minutes: 15
    description: 'A daily budget is spent: new and changed texts are not embedded before 00:00 UTC; changes, deletions and search go on. rag cabinet budget CABINET --daily-usd N, or the app setting Budgets__DailyUsd.'
    query: 'AppMetrics | where Name == "rag.embedding.budget.used" | summarize used = max(Max) by cabinet = tostring(Properties["rag.cabinet.id"]) | where used >= 1'
  }
  differences: {
    severity: 3
    minutes: 60
    description: 'Index and source differed at the end of a full run. A row that changed during the run is one reason: if `rag verify` a minute later still finds something, changes arrive that nobody announces.'
    query: 'AppMetrics | where Name == "rag.verify.differences" | summarize differences = max(Max) by cabinet = tostring(Properties["rag.cabinet.id"]), kind = tostring(Properties["rag.difference.kind"]) | where differences > 0'
  }
  throttled: {
    severity: 3
    minutes: 15
    description: 'More than a fifth of the embedding requests are refused by the quota. Raise embeddingCapacity or wait: runs go on by themselves.'
    query: 'AppMetrics | where Name == "gen_ai.client.operation.duration" | summarize requests = sum(ItemCount), refused = sumif(ItemCount, tostring(Properties["error.type"]) == "429") | where requests >= 10 and refused * 5 > requests'
  }
  'token-rejected': {
    severity: 2
    minutes: 60
    description: 'The marketplace does not accept the token of a cabinet: its sync stands still, its index stays as it is. rag cabinet add --replace CABINET --token-file FILE.'
    query: 'AppMetrics | where Name == "rag.syncs" and Properties["rag.sync.outcome"] == "rejected" | summarize tries = sum(Sum) by cabinet = tostring(Properties["rag.cabinet.id"])'
  }
  'sync-failed': {
    severity: 2
    minutes: 60
    description: 'The sync of a cabinet fails again. wb_sync_cursors.last_error says why.'
    query: 'AppMetrics | where Name == "rag.syncs" and Properties["rag.sync.outcome"] == "failed" | summarize failures = sum(Sum) by cabinet = tostring(Properties["rag.cabinet.id"]) | where failures >= 2'
  }
  'marketplace-waits': {
    severity: 4
    minutes: 60
    description: 'A limit of the marketplace makes a cabinet wait for more than 6 hours; the sync goes on by itself. Basic tokens have such limits, personal and service tokens have not.'
    query: 'AppMetrics | where Name == "rag.marketplace.wait" | summarize wait = max(Max) by cabinet = tostring(Properties["rag.cabinet.id"]), method = tostring(Properties["rag.marketplace.method"]) | where wait > 21600'
  }
  failures: {
    severity: 2
    minutes: 15
    description: 'Functions fail. The exceptions of the operation are in AppExceptions under the same OperationId.'
    query: 'AppRequests | where Success == false and toint(ResultCode) !between (400 .. 499) | summarize failures = count() by OperationName | where failures >= 5'
  }
  'wrong-keys': {
    severity: 3
    minutes: 15
    description: 'Somebody calls the API with wrong keys: a caller that still has a former one, or somebody who tries. The log line 6013 names the last address.'
    query: 'AppMetrics | where Name == "rag.api.refused_keys" | summarize calls = sum(Sum) | where calls >= 20'
  }
  silence: {
    severity: 1
    minutes: 15
    description: 'The sweep reports nothing: no cabinet is indexed. Look whether the app runs and both databases answer (GET /v1/rag/health).'
    query: 'AppMetrics | where Name == "rag.cabinets" | summarize reports = count() | where reports == 0'
  }
}

resource receivers 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-${name}'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: take(name, 12)
    emailReceivers: [for (email, i) in emails: { name: 'mail-${i}', emailAddress: email, useCommonAlertSchema: true }]
  }
}

resource rule 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for item in items(rules): {
    name: 'alert-${name}-${item.key}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'rag: ${item.key}'
      description: item.value.description
      severity: item.value.severity
      enabled: true
      autoMitigate: true
      // On the first day the tables do not exist yet.
      skipQueryValidation: true
      scopes: [workspaceId]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT${item.value.minutes}M'
      criteria: {
        allOf: [
          {
            query: item.value.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: { minFailingPeriodsToAlert: 1, numberOfEvaluationPeriods: 1 }
          }
        ]
      }
      actions: { actionGroups: [receivers.id] }
    }
  }
]

output receiversId string = receivers.id
