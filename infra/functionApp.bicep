param name string
param planName string
param location string
param tags object
param identityName string
param storageAccountName string
param packagesContainerName string
param workspaceName string
param applicationInsightsName string
@description('The subnet that the app is in. None unless set.')
param subnetId string?
param instanceMemoryMB int
param maximumInstanceCount int
param alwaysReadyDurable int
param alwaysReadyHttp int
@description('Client id of the app registration that reviewers sign in to. Nobody signs in if it is empty.')
param reviewersClientId string
@description('The app\'s own settings; README, "Settings".')
param settings AppSettings

type AppSettings = {
  approvals: 1 | 2
  rejectionNeedsComment: bool
  dueAfter: string
  expireAfter: string
  claimFor: string
  retention: string
  retentionSchedule: string
  eventsQueue: string
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' existing = {
  name: identityName
}

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: storageAccountName
}

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = {
  name: workspaceName
}

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

var groups = [
  { name: 'durable', instanceCount: alwaysReadyDurable }
  { name: 'http', instanceCount: alwaysReadyHttp }
]

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { tier: 'FlexConsumption', name: 'FC1' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  // By this azd finds the app that the service in azure.yaml is deployed to.
  tags: { ...tags, 'azd-service-name': 'functions' }
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identity.id}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    virtualNetworkSubnetId: subnetId
    functionAppConfig: {
      runtime: { name: 'dotnet-isolated', version: '10.0' }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${account.properties.primaryEndpoints.blob}${packagesContainerName}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: filter(groups, group => group.instanceCount > 0)
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      // FUNCTIONS_WORKER_RUNTIME is not among them: Flex Consumption refuses it, the runtime is in functionAppConfig.
      // One that is empty is not set to the app. The account is named by its addresses, which hold in every cloud.
      appSettings: [
        { name: 'AzureWebJobsStorage__blobServiceUri', value: account.properties.primaryEndpoints.blob }
        { name: 'AzureWebJobsStorage__queueServiceUri', value: account.properties.primaryEndpoints.queue }
        { name: 'AzureWebJobsStorage__tableServiceUri', value: account.properties.primaryEndpoints.table }
        { name: 'AzureWebJobsStorage__credential', value: 'managedidentity' }
        { name: 'AzureWebJobsStorage__clientId', value: identity.properties.clientId }
        { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', value: applicationInsights.properties.ConnectionString }
        {
          name: 'APPLICATIONINSIGHTS_AUTHENTICATION_STRING'
          value: 'ClientId=${identity.properties.clientId};Authorization=AAD'
        }
        { name: 'AccountApplications__Review__Approvals', value: string(settings.approvals) }
        { name: 'AccountApplications__Review__RejectionNeedsComment', value: string(settings.rejectionNeedsComment) }
        { name: 'AccountApplications__Review__DueAfter', value: settings.dueAfter }
        { name: 'AccountApplications__Review__ExpireAfter', value: settings.expireAfter }
        { name: 'AccountApplications__Review__ClaimFor', value: settings.claimFor }
        { name: 'AccountApplications__Retention', value: settings.retention }
        { name: 'AccountApplications__RetentionSchedule', value: settings.retentionSchedule }
        { name: 'AccountApplications__EventsQueue', value: settings.eventsQueue }
      ]
    }
  }

  // No publishing passwords: azd deploys with the deployer's own sign-in.
  resource ftpPassword 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scmPassword 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }

  // Applicants and reviewers share an address and even paths (POST /api/applications submits, GET lists), so that paths cannot keep them
  // apart, and nobody is sent to sign in. Function keys say what a caller may do; signing in, at /.auth/login/aad, says who a reviewer is:
  // the platform sets WEBSITE_AUTH_ENABLED and vouches for X-MS-CLIENT-PRINCIPAL-NAME, which it drops from what callers send.
  resource auth 'config' = if (!empty(reviewersClientId)) {
    name: 'authsettingsV2'
    properties: {
      platform: { enabled: true }
      globalValidation: {
        requireAuthentication: false
        unauthenticatedClientAction: 'AllowAnonymous'
      }
      httpSettings: { requireHttps: true }
      identityProviders: {
        azureActiveDirectory: {
          enabled: true
          registration: {
            // No client secret: the app registration issues ID tokens.
            clientId: reviewersClientId
            openIdIssuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
          }
          validation: { allowedAudiences: [reviewersClientId] }
        }
      }
      // The app wants the name, not the user's tokens.
      login: { tokenStore: { enabled: false } }
    }
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'workspace'
  scope: app
  properties: {
    workspaceId: workspace.id
    // What the host says when it cannot start never gets to Application Insights.
    logs: [{ category: 'FunctionAppLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

output name string = app.name
output uri string = 'https://${app.properties.defaultHostName}'
