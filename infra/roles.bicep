// Who the app is, and all that it may do. It has no other right, neither in the resource group nor elsewhere.
param name string
param location string
param tags object
param storageAccountName string
param applicationInsightsName string

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: name
  location: location
  tags: tags
}

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: storageAccountName
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

var onStorage = {
  // Storage Blob Data Owner. The Functions host keeps its leases and function keys in blobs and asks for this role; Durable Functions
  // has its partitions' leases and large messages there, and the platform reads the deployed package.
  blobs: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  // Storage Queue Data Contributor. Durable Functions' control and work item queues; the queue for events.
  queues: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  // Storage Table Data Contributor. The applications; Durable Functions' instances and history.
  tables: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
}

resource storageRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in items(onStorage): {
    name: guid(account.id, identity.id, role.value)
    scope: account
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.value)
      principalId: identity.properties.principalId
      principalType: 'ServicePrincipal'
    }
  }
]

// Monitoring Metrics Publisher. Sends telemetry of every kind, where local authentication is off; reads none.
var telemetryRole = '3913510d-42f4-4e42-8a64-420c390055eb'

resource telemetryRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(applicationInsights.id, identity.id, telemetryRole)
  scope: applicationInsights
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', telemetryRole)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}
