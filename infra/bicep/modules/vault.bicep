// The two secrets that no identity can stand in for: the operator's API key and the key of marketplace tokens at rest.
param name string
param location string
param tags object
param principalId string
param isLocked bool
param workspaceId string

@secure()
param apiKey string

@secure()
param tokenKey string
param subnetId string
param zoneIds object

var isPrivate = !empty(subnetId)
var secretsUser = '4633458b-17de-408a-b874-0445c86b69e6'

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enablePurgeProtection: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: { bypass: 'AzureServices', defaultAction: isPrivate ? 'Deny' : 'Allow' }
  }
}

// Stored once: a repeated deployment must not replace the key that stored tokens were encrypted with.
@onlyIfNotExists()
resource apiKeySecret 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = if (!empty(apiKey)) {
  parent: vault
  name: 'api-key'
  properties: { value: apiKey }
}

@onlyIfNotExists()
resource tokenKeySecret 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = if (!empty(tokenKey)) {
  parent: vault
  name: 'marketplace-token-key'
  properties: { value: tokenKey }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (isLocked) {
  scope: vault
  name: 'keys'
  properties: { level: 'CanNotDelete', notes: 'Without the key in here no stored token opens.' }
}

// Who read which secret.
resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'audit'
  properties: { workspaceId: workspaceId, logs: [{ category: 'AuditEvent', enabled: true }] }
}

resource role 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, principalId, secretsUser)
  scope: vault
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsUser)
  }
}

module endpoint 'endpoint.bicep' = if (isPrivate) {
  params: {
    name: 'pe-${name}'
    location: location
    tags: tags
    subnetId: subnetId
    serviceId: vault.id
    groupId: 'vault'
    zoneId: zoneIds.?vault ?? ''
  }
}

output name string = vault.name
output vaultBaseUri string = '${vault.properties.vaultUri}secrets/'
output apiKeyUri string = '${vault.properties.vaultUri}secrets/api-key'
output tokenKeyUri string = '${vault.properties.vaultUri}secrets/marketplace-token-key'
