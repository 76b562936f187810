// PostgreSQL 17 with pgvector allowed; nobody signs in with a password.
param name string
param location string
param tags object
param adminObjectId string
param adminName string
param adminType string
param sku string
param tier string
param storageGB int
param highAvailability bool
param backupDays int
param geoRedundantBackup bool
param isLocked bool
param workspaceId string
param receiversId string
param databases string[]
param subnetId string
param zoneIds object

var isPrivate = !empty(subnetId)

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2024-08-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: sku, tier: tier }
  properties: {
    version: '17'
    authConfig: { activeDirectoryAuth: 'Enabled', passwordAuth: 'Disabled', tenantId: tenant().tenantId }
    backup: { backupRetentionDays: backupDays, geoRedundantBackup: geoRedundantBackup ? 'Enabled' : 'Disabled' }
    highAvailability: { mode: highAvailability ? 'ZoneRedundant' : 'Disabled' }
    network: { publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled' }
    storage: { storageSizeGB: storageGB, autoGrow: 'Enabled' }
  }
}

// The server takes one change at a time and refuses a second one meanwhile: hence the chain of dependsOn below.
resource admin 'Microsoft.DBforPostgreSQL/flexibleServers/administrators@2024-08-01' = {
  parent: server
  name: adminObjectId
  properties: { principalName: adminName, principalType: adminType, tenantId: tenant().tenantId }
}

resource extensions 'Microsoft.DBforPostgreSQL/flexibleServers/configurations@2024-08-01' = {
  parent: server
  name: 'azure.extensions'
  properties: { value: 'VECTOR', source: 'user-override' }
  dependsOn: [admin]
}

resource tls 'Microsoft.DBforPostgreSQL/flexibleServers/configurations@2024-08-01' = {
  parent: server
  name: 'ssl_min_protocol_version'
  properties: { value: 'TLSv1.2', source: 'user-override' }
  dependsOn: [extensions]
}

resource encryption 'Microsoft.DBforPostgreSQL/flexibleServers/configurations@2024-08-01' = {
  parent: server
  name: 'require_secure_transport'
  properties: { value: 'on', source: 'user-override' }
  dependsOn: [tls]
}

@batchSize(1)
resource database 'Microsoft.DBforPostgreSQL/flexibleServers/databases@2024-08-01' = [
  for item in databases: {
    parent: server
    name: item
    properties: { charset: 'UTF8', collation: 'en_US.utf8' }
    dependsOn: [encryption]
  }
]

// Addresses of Azure's own services; who they are is still decided by Entra.
resource azureServices 'Microsoft.DBforPostgreSQL/flexibleServers/firewallRules@2024-08-01' = if (!isPrivate) {
  parent: server
  name: 'azure-services'
  properties: { startIpAddress: '0.0.0.0', endIpAddress: '0.0.0.0' }
  dependsOn: [database]
}

module endpoint 'endpoint.bicep' = if (isPrivate) {
  params: {
    name: 'pe-${name}'
    location: location
    tags: tags
    subnetId: subnetId
    serviceId: server.id
    groupId: 'postgresqlServer'
    zoneId: zoneIds.?postgresqlServer ?? ''
  }
  dependsOn: [database]
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (isLocked) {
  scope: server
  name: 'databases'
  properties: { level: 'CanNotDelete', notes: 'The databases of all tenants. Taking this away is a decision.' }
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: server
  name: 'logs'
  properties: { workspaceId: workspaceId, logs: [{ category: 'PostgreSQLLogs', enabled: true }] }
}

// What fills up unseen. Storage grows by itself, so its alert means that growing failed or is about to be dear.
var limits = {
  storage: { metric: 'storage_percent', above: 85, description: 'The storage of PostgreSQL is 85 % full; full, it takes no writes. Raise databaseStorageGB.' }
  cpu: { metric: 'cpu_percent', above: 90, description: 'PostgreSQL has used over 90 % of its processors for 15 minutes. GET /v1/rag/cabinets shows who is being indexed; raise databaseSku.' }
  connections: { metric: 'connections_failed', above: 10, description: 'PostgreSQL refuses connections. maximumInstances times two pools of ten must stay below its max_connections.' }
}

resource alert 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for item in items(limits): {
    name: 'alert-${name}-${item.key}'
    location: 'global'
    tags: tags
    properties: {
      description: item.value.description
      severity: 2
      enabled: true
      autoMitigate: true
      scopes: [server.id]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: item.key
            metricNamespace: 'Microsoft.DBforPostgreSQL/flexibleServers'
            metricName: item.value.metric
            operator: 'GreaterThan'
            threshold: item.value.above
            timeAggregation: item.key == 'connections' ? 'Total' : 'Average'
          }
        ]
      }
      actions: [{ actionGroupId: receiversId }]
    }
  }
]

output host string = server.properties.fullyQualifiedDomainName
