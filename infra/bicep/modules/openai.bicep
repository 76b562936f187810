// Azure OpenAI with one embeddings deployment; no keys.
param name string
param location string
param tags object
param principalId string
param model string
param modelVersion string
param sku string
param capacity int

@description('Where the private endpoint is placed: in the region of the network, not of the account.')
param endpointLocation string
param subnetId string
param zoneIds object

var isPrivate = !empty(subnetId)
var openAiUser = '5e0bd9bd-7b93-4f28-af87-19fc36ad61bd'

resource account 'Microsoft.CognitiveServices/accounts@2024-10-01' = {
  name: name
  location: location
  tags: tags
  kind: 'OpenAI'
  sku: { name: 'S0' }
  properties: {
    customSubDomainName: name
    disableLocalAuth: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: { defaultAction: isPrivate ? 'Deny' : 'Allow' }
  }

  resource deployment 'deployments' = {
    name: 'embeddings'
    sku: { name: sku, capacity: capacity }
    properties: {
      model: { format: 'OpenAI', name: model, version: modelVersion }
      // Vectors of two models do not compare: the model changes when the operator says so.
      versionUpgradeOption: 'NoAutoUpgrade'
    }
  }
}

resource role 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, principalId, openAiUser)
  scope: account
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', openAiUser)
  }
}

module endpoint 'endpoint.bicep' = if (isPrivate) {
  params: {
    name: 'pe-${name}'
    location: endpointLocation
    tags: tags
    subnetId: subnetId
    serviceId: account.id
    groupId: 'account'
    zoneId: zoneIds.?account ?? ''
  }
  dependsOn: [account::deployment]
}

output endpoint string = account.properties.endpoint
output deployment string = account::deployment.name
