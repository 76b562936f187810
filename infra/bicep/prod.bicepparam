using 'main.bicep'

param name = 'ragprod'
param tags = { system: 'rag', environment: 'prod' }
param databaseAdminObjectId = readEnvironmentVariable('RAG_DB_ADMIN_OBJECT_ID', '')
param databaseAdminName = readEnvironmentVariable('RAG_DB_ADMIN_NAME', '')
param databaseSku = 'Standard_D4ds_v5'
param databaseTier = 'GeneralPurpose'
param databaseStorageGB = 128
param databaseHighAvailability = true
param databaseBackupDays = 14
param databaseGeoRedundantBackup = true
param deleteLocks = true
param embeddingCapacity = 350
param alwaysReadyInstances = 1
param privateNetwork = true
param alertEmails = empty(readEnvironmentVariable('RAG_ALERT_EMAIL', '')) ? [] : [readEnvironmentVariable('RAG_ALERT_EMAIL', '')]
param apiKey = readEnvironmentVariable('RAG_API_KEY', '')
param tokenKey = readEnvironmentVariable('RAG_TOKEN_KEY', '')
param keptSettings = json(readEnvironmentVariable('RAG_KEPT_SETTINGS', '{}'))
