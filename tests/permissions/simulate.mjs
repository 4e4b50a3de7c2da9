// What IAM decides, by the evaluator @cloud-copilot/iam-simulate: cases of statements and requests as JSON on standard
// input, a decision per case and request on standard output.
import { runSimulation } from '@cloud-copilot/iam-simulate'
import { readFileSync } from 'node:fs'

const { account, cases } = JSON.parse(readFileSync(0, 'utf8'))

// The policy that KMS gives to a new key: who may use it is up to IAM.
function keyPolicy(partition) {
  const everybody = { AWS: `arn:${partition}:iam::${account}:root` }
  const Statement = [{ Effect: 'Allow', Principal: everybody, Action: 'kms:*', Resource: '*' }]
  return { Version: '2012-10-17', Statement }
}

async function decide(statements, { action, resource, context }) {
  const partition = resource.split(':')[1]
  const answer = await runSimulation(
    {
      identityPolicies: [{ name: 'function', policy: { Version: '2012-10-17', Statement: statements } }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy: action.startsWith('kms:') ? keyPolicy(partition) : undefined,
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

const decisions = []
for (const { statements, requests } of cases) {
  const row = []
  for (const request of requests) row.push(await decide(statements, request))
  decisions.push(row)
}
process.stdout.write(JSON.stringify(decisions))
