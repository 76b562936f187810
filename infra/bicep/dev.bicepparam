using 'main.bicep'

param name = 'ragdev'
param tags = { system: 'rag', environment: 'dev' }
param databaseAdminObjectId = readEnvironmentVariable('RAG_DB_ADMIN_OBJECT_ID', '')
param databaseAdminName = readEnvironmentVariable('RAG_DB_ADMIN_NAME', '')
param databaseSku = 'Standard_B2s'
param databaseTier = 'Burstable'
param databaseStorageGB = 32
param databaseHighAvailability = false
param databaseBackupDays = 7
param deleteLocks = false
param embeddingCapacity = 60
param alwaysReadyInstances = 0
param privateNetwork = false
param apiKey = readEnvironmentVariable('RAG_API_KEY', '')
param tokenKey = readEnvironmentVariable('RAG_TOKEN_KEY', '')
param keptSettings = json(readEnvironmentVariable('RAG_KEPT_SETTINGS', '{}'))
