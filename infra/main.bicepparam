// azd gives its environment's values (azd env set NAME value) as environment variables.
using 'main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'dev')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')

param instanceMemoryMB = any(int(readEnvironmentVariable('INSTANCE_MEMORY_MB', '2048')))
param maximumInstanceCount = int(readEnvironmentVariable('MAXIMUM_INSTANCE_COUNT', '100'))
param alwaysReadyDurable = int(readEnvironmentVariable('ALWAYS_READY_DURABLE', '1'))
param alwaysReadyHttp = int(readEnvironmentVariable('ALWAYS_READY_HTTP', '0'))
param privateNetwork = bool(readEnvironmentVariable('PRIVATE_NETWORK', 'false'))
param reviewersClientId = readEnvironmentVariable('REVIEWERS_CLIENT_ID', '')
param alertEmail = readEnvironmentVariable('ALERT_EMAIL', '')
param telemetryDays = int(readEnvironmentVariable('TELEMETRY_DAYS', '30'))

param approvals = any(int(readEnvironmentVariable('APPROVALS', '1')))
param rejectionNeedsComment = bool(readEnvironmentVariable('REJECTION_NEEDS_COMMENT', 'false'))
param dueAfter = readEnvironmentVariable('DUE_AFTER', '2.00:00:00')
param expireAfter = readEnvironmentVariable('EXPIRE_AFTER', '365.00:00:00')
param claimFor = readEnvironmentVariable('CLAIM_FOR', '00:15:00')
param retention = readEnvironmentVariable('RETENTION', '')
param retentionSchedule = readEnvironmentVariable('RETENTION_SCHEDULE', '0 0 * * * *')
param eventsQueue = readEnvironmentVariable('EVENTS_QUEUE', '')
