// What the person on duty looks at: Application Insights, Workbooks, "Account applications".
param location string
param tags object
param workspaceName string

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = {
  name: workspaceName
}

var range = { durationMs: 86400000 }

var tiles = [
  {
    title: 'Applications a minute, by the state that they came to'
    query: loadTextContent('queries/throughput.kql')
    chart: 'timechart'
  }
  {
    title: 'Applications by state now'
    query: loadTextContent('queries/states.kql')
    chart: 'table'
  }
  {
    title: 'Waiting for review, overdue, and the age of the oldest in hours'
    query: loadTextContent('queries/waiting.kql')
    chart: 'timechart'
  }
  {
    title: 'Workflows that failed, by instance id (the application\'s)'
    query: '${loadTextContent('queries/failed.kql')}| order by TimeGenerated desc'
    chart: 'table'
  }
  {
    title: 'From submission to the end, in seconds, by state'
    query: loadTextContent('queries/duration.kql')
    chart: 'table'
  }
  {
    title: 'Requests: how many, how many failed, and how long they took, in milliseconds'
    query: loadTextContent('queries/requests.kql')
    chart: 'table'
  }
  {
    title: 'Decisions of reviewers'
    query: loadTextContent('queries/decisions.kql')
    chart: 'timechart'
  }
  {
    title: 'Checks by rule and outcome'
    query: loadTextContent('queries/checks.kql')
    chart: 'table'
  }
  {
    title: 'Requests to storage that had to be tried again'
    query: loadTextContent('queries/retries.kql')
    chart: 'timechart'
  }
]

var period = {
  type: 9
  name: 'period'
  content: {
    version: 'KqlParameterItem/1.0'
    style: 'pills'
    parameters: [
      {
        id: guid('period')
        version: 'KqlParameterItem/1.0'
        name: 'Period'
        type: 4
        isRequired: true
        value: range
        typeSettings: {
          selectableValues: [
            { durationMs: 3600000 }
            { durationMs: 14400000 }
            { durationMs: 86400000 }
            { durationMs: 604800000 }
            { durationMs: 2592000000 }
          ]
        }
      }
    ]
  }
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(workspace.id, 'account-applications')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Account applications'
    category: 'workbook'
    sourceId: workspace.id
    serializedData: string({
      version: 'Notebook/1.0'
      items: concat(
        [period],
        map(tiles, (tile, i) => {
          type: 3
          name: 'tile-${i}'
          customWidth: '50'
          content: {
            version: 'KqlItem/1.0'
            title: tile.title
            query: tile.query
            size: 0
            timeContextFromParameter: 'Period'
            queryType: 0
            resourceType: 'microsoft.operationalinsights/workspaces'
            crossComponentResources: [workspace.id]
            visualization: tile.chart
          }
        })
      )
    })
  }
}
