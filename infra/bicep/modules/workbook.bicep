// The figures of GET /v1/rag/metrics over time.
param location string
param tags object
param workspaceId string

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, 'rag-workbook')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'RAG index'
    category: 'workbook'
    sourceId: workspaceId
    serializedData: string(loadJsonContent('workbook.json'))
  }
}
