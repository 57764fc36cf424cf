param location string
param tags object
param workspaceName string
param storageAccountName string
@description('Who is told. Nobody if it is empty.')
param email string

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = {
  name: workspaceName
}

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: storageAccountName
}

resource onDuty 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(email)) {
  name: 'on-duty'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'on-duty'
    emailReceivers: [{ name: 'on-duty', emailAddress: email, useCommonAlertSchema: true }]
  }
}

var queries = [
  {
    name: 'orchestration-failed'
    displayName: 'A workflow has failed'
    description: 'Its application waits until somebody sets it going again. The dashboard has the ids; README, "When something fails".'
    severity: 1
    window: 'PT15M'
    every: 'PT5M'
    query: loadTextContent('queries/failed.kql')
  }
  {
    name: 'no-progress'
    displayName: 'The workflow does not go on'
    description: 'Applications are submitted, and none has changed its state; or nothing has been measured at all.'
    severity: 1
    window: 'PT15M'
    every: 'PT5M'
    query: loadTextContent('queries/no-progress.kql')
  }
  {
    name: 'overdue'
    displayName: 'An application waits longer than its term'
    description: 'Reviewers have been reminded of it, and nobody has decided.'
    severity: 2
    window: 'PT1H'
    every: 'PT15M'
    query: loadTextContent('queries/overdue.kql')
  }
]

resource rules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in queries: {
    name: rule.name
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: rule.displayName
      description: rule.description
      severity: rule.severity
      enabled: true
      scopes: [workspace.id]
      evaluationFrequency: rule.every
      windowSize: rule.window
      autoMitigate: true
      // The tables are there once the app has sent something.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: empty(email) ? [] : [onDuty.id] }
    }
  }
]

resource throttled 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'storage-throttled'
  location: 'global'
  tags: tags
  properties: {
    description: 'Storage answers that it is too busy: README, "Scale out".'
    severity: 2
    enabled: true
    scopes: [account.id]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'throttled'
          metricNamespace: 'Microsoft.Storage/storageAccounts'
          metricName: 'Transactions'
          dimensions: [
            {
              name: 'ResponseType'
              operator: 'Include'
              values: [
                'ServerBusyError'
                'ClientThrottlingError'
                'ClientAccountBandwidthThrottlingError'
                'ClientAccountRequestThrottlingError'
              ]
            }
          ]
          timeAggregation: 'Total'
          operator: 'GreaterThan'
          threshold: 10
          skipMetricValidation: true
        }
      ]
    }
    actions: empty(email) ? [] : [{ actionGroupId: onDuty.id }]
  }
}
