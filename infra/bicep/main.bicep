// A resource group becomes the running system: docs/deploy.md says how to call this and what comes after it.
targetScope = 'resourceGroup'

@description('Part of every name; short, lower case.')
@minLength(3)
@maxLength(11)
param name string

@description('Where everything is placed.')
param location string = resourceGroup().location

@description('Placed on every resource.')
param tags object = {}

@description('Where the embeddings deployment is placed: the model is not offered in every region.')
param openAiLocation string = location

@description('Who administers PostgreSQL: the group or pipeline identity that migrates and grants. Object id in Entra.')
param databaseAdminObjectId string

@description('The display name of the database administrator in Entra; also the role name it signs in with.')
param databaseAdminName string

@description('What kind of principal the database administrator is.')
@allowed(['User', 'Group', 'ServicePrincipal'])
param databaseAdminType string = 'Group'

@description('Compute of the PostgreSQL server.')
param databaseSku string

@description('Tier of the PostgreSQL server.')
@allowed(['Burstable', 'GeneralPurpose', 'MemoryOptimized'])
param databaseTier string

@description('Storage of the PostgreSQL server in GB; it grows by itself and never shrinks.')
param databaseStorageGB int

@description('A standby in another zone.')
param databaseHighAvailability bool

@description('Days of point-in-time restore.')
@minValue(7)
@maxValue(35)
param databaseBackupDays int

@description('Backups are also kept in the paired region; decided when the server is made, not changeable afterwards.')
param databaseGeoRedundantBackup bool = false

@description('Databases and vault cannot be deleted before somebody takes the lock away.')
param deleteLocks bool

@description('Host of a main database that exists already; empty: the server made here holds it.')
param existingMainHost string = ''

@description('Name of the main database, here or on the existing server.')
param mainDatabaseName string = 'main'

@description('The embedding model. The index is bound to it: a change is a full re-embedding.')
param embeddingModel string = 'text-embedding-3-small'

@description('Version of the embedding model.')
param embeddingModelVersion string = '1'

@description('Kind of quota the embeddings deployment draws from.')
@allowed(['Standard', 'GlobalStandard', 'DataZoneStandard'])
param embeddingSku string = 'Standard'

@description('Thousands of tokens per minute of the embeddings deployment.')
@minValue(1)
param embeddingCapacity int

@description('US dollars per million tokens of the embedding model, for the cost figures.')
param embeddingPrice string = '0.02'

@description('Instances of the durable group kept warm; 0: runs begin with a cold start.')
@minValue(0)
param alwaysReadyInstances int

@description('The most instances the app may grow to. Times the two connection pools, it must stay below the server\'s connections.')
@minValue(40)
@maxValue(1000)
param maximumInstances int = 40

@description('Databases, storage, vault and embeddings reachable through the virtual network alone.')
param privateNetwork bool

@description('The part of the traces that is kept, 0 to 1. Alerts, workbook and logs do not depend on it.')
param traceSamplingRatio string = '0.1'

@description('Failed chunks from which the operator is told.')
@minValue(0)
param failedChunksAlert int = 100

@description('Addresses that alerts are sent to.')
param alertEmails string[] = []

@description('Operator key of the HTTP API, at least 16 characters; stored once, a later value is ignored.')
@secure()
param apiKey string = ''

@description('Further keys of the HTTP API: the name of a secret in the vault, and the cabinets it is limited to, with commas between them; without cabinets an operator.')
param furtherApiKeys { secret: string, cabinets: string? }[] = []

@description('The app settings that are there now, as eng/pipelines/kept-settings.sh prints them: those that the template does not name are kept.')
@secure()
param keptSettings object = {}

@description('Key for marketplace tokens at rest, 32 bytes in base64; stored once, a later value is ignored.')
@secure()
param tokenKey string = ''

var suffix = uniqueString(resourceGroup().id, name)
var databaseServerName = 'psql-${name}-${suffix}'

module identity 'modules/identity.bicep' = {
  params: { name: 'id-${name}', location: location, tags: tags }
}

module network 'modules/network.bicep' = if (privateNetwork) {
  params: { name: 'vnet-${name}', location: location, tags: tags }
}

module observability 'modules/observability.bicep' = {
  params: { name: name, location: location, tags: tags, principalId: identity.outputs.principalId }
}

module storage 'modules/storage.bicep' = {
  params: {
    name: 'st${name}${take(suffix, 11)}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    subnetId: network.?outputs.?endpointSubnetId ?? ''
    zoneIds: network.?outputs.?zoneIds ?? {}
  }
}

module postgres 'modules/postgres.bicep' = {
  params: {
    name: databaseServerName
    location: location
    tags: tags
    adminObjectId: databaseAdminObjectId
    adminName: databaseAdminName
    adminType: databaseAdminType
    sku: databaseSku
    tier: databaseTier
    storageGB: databaseStorageGB
    highAvailability: databaseHighAvailability
    backupDays: databaseBackupDays
    geoRedundantBackup: databaseGeoRedundantBackup
    isLocked: deleteLocks
    workspaceId: observability.outputs.workspaceId
    receiversId: alerts.outputs.receiversId
    databases: empty(existingMainHost) ? [mainDatabaseName, 'rag'] : ['rag']
    subnetId: network.?outputs.?endpointSubnetId ?? ''
    zoneIds: network.?outputs.?zoneIds ?? {}
  }
}

module openAi 'modules/openai.bicep' = {
  params: {
    name: 'oai-${name}-${suffix}'
    location: openAiLocation
    tags: tags
    principalId: identity.outputs.principalId
    model: embeddingModel
    modelVersion: embeddingModelVersion
    sku: embeddingSku
    capacity: embeddingCapacity
    endpointLocation: location
    subnetId: network.?outputs.?endpointSubnetId ?? ''
    zoneIds: network.?outputs.?zoneIds ?? {}
  }
}

module vault 'modules/vault.bicep' = {
  params: {
    name: 'kv-${name}-${take(suffix, 8)}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
    isLocked: deleteLocks
    workspaceId: observability.outputs.workspaceId
    apiKey: apiKey
    tokenKey: tokenKey
    subnetId: network.?outputs.?endpointSubnetId ?? ''
    zoneIds: network.?outputs.?zoneIds ?? {}
  }
}

module app 'modules/app.bicep' = {
  params: {
    name: 'func-${name}-${suffix}'
    location: location
    tags: tags
    identityId: identity.outputs.id
    identityName: identity.outputs.name
    identityClientId: identity.outputs.clientId
    storageName: storage.outputs.name
    packageContainer: storage.outputs.packageContainer
    insightsConnectionString: observability.outputs.connectionString
    mainHost: empty(existingMainHost) ? postgres.outputs.host : existingMainHost
    mainDatabase: mainDatabaseName
    ragHost: postgres.outputs.host
    openAiEndpoint: openAi.outputs.endpoint
    openAiDeployment: openAi.outputs.deployment
    embeddingModel: embeddingModel
    embeddingPrice: embeddingPrice
    traceSamplingRatio: traceSamplingRatio
    apiKeyUri: vault.outputs.apiKeyUri
    tokenKeyUri: vault.outputs.tokenKeyUri
    vaultBaseUri: vault.outputs.vaultBaseUri
    furtherApiKeys: furtherApiKeys
    keptSettings: keptSettings
    taskHub: 'rag${name}'
    alwaysReadyInstances: alwaysReadyInstances
    maximumInstances: maximumInstances
    subnetId: network.?outputs.?appSubnetId ?? ''
  }
}

module alerts 'modules/alerts.bicep' = {
  params: {
    name: name
    location: location
    tags: tags
    workspaceId: observability.outputs.workspaceId
    failedChunks: failedChunksAlert
    emails: alertEmails
  }
}

module workbook 'modules/workbook.bicep' = {
  params: { location: location, tags: tags, workspaceId: observability.outputs.workspaceId }
}

@description('Where the pipeline puts the package.')
output appName string = app.outputs.name

@description('Where the smoke test asks.')
output appHost string = app.outputs.host

@description('The role that `rag grant --to` makes in both databases.')
output identityName string = identity.outputs.name

@description('Object id of the app\'s identity, for `rag grant --object-id`.')
output identityPrincipalId string = identity.outputs.principalId

@description('Host of the index database.')
output ragHost string = postgres.outputs.host

@description('Host of the main database.')
output mainHost string = empty(existingMainHost) ? postgres.outputs.host : existingMainHost

@description('Name of the main database.')
output mainDatabase string = mainDatabaseName

@description('Where the two secrets are.')
output vaultName string = vault.outputs.name
