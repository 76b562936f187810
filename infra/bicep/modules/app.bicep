// The function app on Flex Consumption, and every setting it runs with.
param name string
param location string
param tags object
param identityId string
param identityName string
param identityClientId string
param storageName string
param packageContainer string
param insightsConnectionString string
param mainHost string
param mainDatabase string
param ragHost string
param openAiEndpoint string
param openAiDeployment string
param embeddingModel string
param embeddingPrice string
param traceSamplingRatio string
param apiKeyUri string
param tokenKeyUri string
param vaultBaseUri string
param furtherApiKeys { secret: string, cabinets: string? }[]

@secure()
param keptSettings object
param taskHub string
param alwaysReadyInstances int
param maximumInstances int
param subnetId string

// Per instance and database. 40 instances with two pools stay under the 859 connections of a two-core server.
var poolSize = 10
var connection = 'Port=5432;Username=${identityName};SSL Mode=VerifyFull;Maximum Pool Size=${poolSize};Application Name=${name}'

var blobs = 'https://${storageName}.blob.${environment().suffixes.storage}/'

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: 'plan-${name}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${blobs}${packageContainer}'
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identityId }
        }
      }
      runtime: { name: 'dotnet-isolated', version: '10.0' }
      scaleAndConcurrency: {
        instanceMemoryMB: 2048
        maximumInstanceCount: maximumInstances
        alwaysReady: alwaysReadyInstances == 0 ? [] : [{ name: 'durable', instanceCount: alwaysReadyInstances }]
      }
    }
    siteConfig: { ftpsState: 'Disabled', minTlsVersion: '1.2', scmMinTlsVersion: '1.2' }
  }

  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
}

var settings = {
  // Azure.Identity signs in with this identity: PostgreSQL, Azure OpenAI, Azure Monitor.
  AZURE_CLIENT_ID: identityClientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  AzureWebJobsStorage__blobServiceUri: blobs
  AzureWebJobsStorage__queueServiceUri: 'https://${storageName}.queue.${environment().suffixes.storage}/'
  AzureWebJobsStorage__tableServiceUri: 'https://${storageName}.table.${environment().suffixes.storage}/'
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  TaskHubName: taskHub
  // Six fields, in UTC.
  SyncSchedule: '0 */15 * * * *'
  SweepSchedule: '0 * * * * *'
  WeeklyRebuildSchedule: '0 0 3 * * 0'
  PurgeHistorySchedule: '0 30 2 * * *'
  ConnectionStrings__Main: 'Host=${mainHost};Database=${mainDatabase};${connection}'
  ConnectionStrings__Rag: 'Host=${ragHost};Database=rag;${connection}'
  Databases__Authentication: 'entra'
  Embeddings__Provider: 'azure'
  Embeddings__Endpoint: openAiEndpoint
  Embeddings__Deployment: openAiDeployment
  Embeddings__Model: embeddingModel
  Embeddings__PricePerMillionTokens: embeddingPrice
  Telemetry__Exporter: 'azuremonitor'
  Telemetry__SamplingRatio: traceSamplingRatio
  Api__Keys__0__Key: '@Microsoft.KeyVault(SecretUri=${apiKeyUri})'
  Marketplace__TokenKey: '@Microsoft.KeyVault(SecretUri=${tokenKeyUri})'
}

var furtherKeys = reduce(
  map(furtherApiKeys, (key, i) => union(
    { 'Api__Keys__${i + 1}__Key': '@Microsoft.KeyVault(SecretUri=${vaultBaseUri}${key.secret})' },
    empty(key.?cabinets) ? {} : { 'Api__Keys__${i + 1}__Cabinets': key.cabinets! }
  )),
  {},
  (all, next) => union(all, next)
)

// What an operator has set and the template does not name stays. Keys of the API are the template's alone: one that is taken out has to be gone.
var kept = toObject(
  filter(keptSettings.?settings ?? [], setting => !startsWith(setting.name, 'Api__Keys__')),
  setting => setting.name,
  setting => setting.value
)

resource appSettings 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: app
  name: 'appsettings'
  properties: union(kept, settings, furtherKeys)
}

output name string = app.name
output host string = app.properties.defaultHostName
