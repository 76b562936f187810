// One private endpoint and its name in the private zone.
param name string
param location string
param tags object
param subnetId string
param serviceId string
param groupId string
param zoneId string

resource endpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [{ name: groupId, properties: { privateLinkServiceId: serviceId, groupIds: [groupId] } }]
  }

  resource group 'privateDnsZoneGroups' = {
    name: 'default'
    properties: { privateDnsZoneConfigs: [{ name: groupId, properties: { privateDnsZoneId: zoneId } }] }
  }
}
