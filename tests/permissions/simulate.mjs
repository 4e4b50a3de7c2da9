// What IAM decides, by the evaluator @cloud-copilot/iam-simulate: each line of standard input has cases of statements and
// requests as JSON, and gets a line of standard output with a decision per case and request.
import { runSimulation } from '@cloud-copilot/iam-simulate'
import { createInterface } from 'node:readline'

// The policy that KMS gives to a new key: who may use it is up to IAM.
function keyPolicy(account, partition) {
  const everybody = { AWS: `arn:${partition}:iam::${account}:root` }
  const Statement = [{ Effect: 'Allow', Principal: everybody, Action: 'kms:*', Resource: '*' }]
  return { Version: '2012-10-17', Statement }
}

async function decide(account, statements, { action, resource, context }) {
  const partition = resource.split(':')[1]
  const answer = await runSimulation(
    {
      identityPolicies: [{ name: 'function', policy: { Version: '2012-10-17', Statement: statements } }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy: action.startsWith('kms:') ? keyPolicy(account, partition) : undefined,
      request: {
        action,
        principal: `arn:${partition}:iam::${account}:role/Function`,
        resource: { resource, accountId: account },
        contextVariables: context
      }
    },
    {}
  )
  if (answer.resultType !== 'single') {
    throw new Error(`${action} on ${resource}: ${JSON.stringify(answer.errors ?? answer.resultType)}`)
  }
  const ignored = answer.result.ignoredContextKeys ?? []
  if (ignored.length) {
    throw new Error(`${action} on ${resource} has no such context keys: ${ignored}`)
  }
  return answer.overallResult
}

for await (const line of createInterface({ input: process.stdin })) {
  const { account, cases } = JSON.parse(line)
  const decisions = []
  for (const { statements, requests } of cases) {
    const row = []
    for (const request of requests) row.push(await decide(account, statements, request))
    decisions.push(row)
  }
  process.stdout.write(JSON.stringify(decisions) + '\n')
}
