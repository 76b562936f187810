// The host's storage: blobs, queues and tables of Durable Functions, and the deployment package.
param name string
param location string
param tags object
param principalId string
param subnetId string
param zoneIds object

var isPrivate = !empty(subnetId)

// What Durable Functions asks for on Azure Storage: leases and large messages, work items, history.
var roles = {
  blobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  queueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  tableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
}

resource storage 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: { bypass: 'AzureServices', defaultAction: isPrivate ? 'Deny' : 'Allow' }
    supportsHttpsTrafficOnly: true
  }

  resource blobs 'blobServices' = {
    name: 'default'

    resource packages 'containers' = {
      name: 'packages'
      properties: { publicAccess: 'None' }
    }
  }
}

resource role 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for item in items(roles): {
    name: guid(storage.id, principalId, item.value)
    scope: storage
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', item.value)
    }
  }
]

module endpoint 'endpoint.bicep' = [
  for group in ['blob', 'queue', 'table']: if (isPrivate) {
    params: {
      name: 'pe-${name}-${group}'
      location: location
      tags: tags
      subnetId: subnetId
      serviceId: storage.id
      groupId: group
      zoneId: zoneIds[?group] ?? ''
    }
  }
]

output name string = storage.name
output packageContainer string = storage::blobs::packages.name
