// Everything is in a resource group of its own: azd down deletes that, and nothing is left.
targetScope = 'subscription'

@description('Names the environment, and its resource group.')
@minLength(1)
@maxLength(32)
param environmentName string

@description('Where everything is.')
@minLength(1)
param location string

@description('Memory of an instance, in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('How many instances there are at most. 40 is the least that the plan takes.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 100

@description('Instances that are always there for the workflow. With 0 what comes after a pause waits for one to start.')
@minValue(0)
@maxValue(1000)
param alwaysReadyDurable int = 1

@description('Instances that are always there for HTTP. As alwaysReadyDurable, for pages and API.')
@minValue(0)
@maxValue(1000)
param alwaysReadyHttp int = 0

@description('Keeps storage off the internet: a virtual network for the app, private endpoints for the account.')
param privateNetwork bool = false

@description('Client id of the app registration that reviewers sign in to. Nobody signs in unless it is set.')
@maxLength(36)
param reviewersClientId string = ''

@description('Who gets the alerts by e-mail. They are seen in the portal only, unless it is set.')
param alertEmail string = ''

@description('How long telemetry is kept, in days.')
@minValue(30)
@maxValue(730)
param telemetryDays int = 30

@description('How many different reviewers have to approve. Two have to be signed in.')
@allowed([1, 2])
param approvals int = 1

@description('Whether a rejection must say why.')
param rejectionNeedsComment bool = false

@description('When a waiting application is overdue. Days.hours:minutes:seconds, as all times.')
@minLength(8)
@maxLength(13)
param dueAfter string = '2.00:00:00'

@description('When a waiting application expires. Longer than dueAfter.')
@minLength(8)
@maxLength(13)
param expireAfter string = '365.00:00:00'

@description('How long a reviewer\'s claim is good.')
@minLength(8)
@maxLength(13)
param claimFor string = '00:15:00'

@description('How long after its end an application is erased. Never unless set.')
@maxLength(14)
param retention string = ''

@description('When the app looks for what is to be erased: an NCRONTAB expression of six fields.')
@minLength(11)
param retentionSchedule string = '0 0 * * * *'

@description('The queue in the storage account for events. Off unless set.')
@maxLength(63)
param eventsQueue string = ''

// Names are known before anything is there, so that what-if and the snapshot see all resources.
var token = uniqueString(subscription().id, environmentName, location)
var workspaceName = 'log-${token}'
var applicationInsightsName = 'appi-${token}'
var storageAccountName = 'st${token}'
var identityName = 'id-${token}'
var packagesContainerName = 'packages'
var tags = { 'azd-env-name': environmentName }

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module network 'network.bicep' = if (privateNetwork) {
  scope: group
  dependsOn: [storage]
  params: {
    name: 'vnet-${token}'
    location: location
    tags: tags
    storageAccountName: storageAccountName
  }
}

module monitoring 'monitoring.bicep' = {
  scope: group
  params: {
    workspaceName: workspaceName
    applicationInsightsName: applicationInsightsName
    location: location
    tags: tags
    days: telemetryDays
  }
}

module storage 'storage.bicep' = {
  scope: group
  dependsOn: [monitoring]
  params: {
    name: storageAccountName
    packagesContainerName: packagesContainerName
    location: location
    tags: tags
    isPublic: !privateNetwork
    workspaceName: workspaceName
  }
}

module roles 'roles.bicep' = {
  scope: group
  dependsOn: [monitoring, storage]
  params: {
    name: identityName
    location: location
    tags: tags
    storageAccountName: storageAccountName
    applicationInsightsName: applicationInsightsName
  }
}

module functionApp 'functionApp.bicep' = {
  scope: group
  dependsOn: [roles]
  params: {
    name: 'func-${token}'
    planName: 'plan-${token}'
    location: location
    tags: tags
    identityName: identityName
    storageAccountName: storageAccountName
    packagesContainerName: packagesContainerName
    workspaceName: workspaceName
    applicationInsightsName: applicationInsightsName
    subnetId: network.?outputs.appSubnetId
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyDurable: alwaysReadyDurable
    alwaysReadyHttp: alwaysReadyHttp
    reviewersClientId: reviewersClientId
    settings: {
      approvals: approvals
      rejectionNeedsComment: rejectionNeedsComment
      dueAfter: dueAfter
      expireAfter: expireAfter
      claimFor: claimFor
      retention: retention
      retentionSchedule: retentionSchedule
      eventsQueue: eventsQueue
    }
  }
}

module alerts 'alerts.bicep' = {
  scope: group
  dependsOn: [monitoring, storage]
  params: {
    location: location
    tags: tags
    workspaceName: workspaceName
    storageAccountName: storageAccountName
    email: alertEmail
  }
}

module dashboard 'dashboard.bicep' = {
  scope: group
  dependsOn: [monitoring]
  params: {
    location: location
    tags: tags
    workspaceName: workspaceName
  }
}

@description('Where the app answers: /apply, /review, /api/docs.')
output AZURE_FUNCTION_URI string = functionApp.outputs.uri
output AZURE_FUNCTION_NAME string = functionApp.outputs.name
output AZURE_RESOURCE_GROUP string = group.name
