// `serve --processes 2`: signals, reloads, and an end that nobody ordered.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { sendLoad } from '../processes/support/load.js'
import { settledAccount, startServed } from '../processes/support/served.js'
import { sleep, waitUntil } from './support/wait-until.js'

const startRestarts = 'mirrorwaf_processes_restarted_total{cause="start"}'

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  // Sent to the whole group, as a terminal and systemd do: the processes that serve must leave it to the primary.
  t.test(`${signal} under load loses no request that was answered`, async (t) => {
    const served = await startServed(t, ['--drain-delay', '300ms'])
    let isOver = false
    const { address } = served
    const loading = sendLoad({ address, requests: 1e6, connections: 20, attackEvery: 5, isOver: () => isOver })
    await sleep(500)
    served.program.signal(signal)
    t.equal(await served.program.ended, 'exit 0')
    isOver = true
    const load = await loading
    t.ok(load.attacksAnswered > 20)
    t.ok(served.eventCount() >= load.attacksAnswered, `${served.eventCount()} events, ${JSON.stringify(load)}`)
    t.ok(served.eventCount() <= load.attacksSent)
    t.notMatch(served.program.stderr, 'MWAF_')
  })
}

t.test('a second signal ends all at once', async (t) => {
  const served = await startServed(t, ['--drain-delay', '60s'])
  const children = served.childPids()
  served.program.signal('SIGTERM')
  await waitUntil('the drain', () => served.program.stderr.includes('draining') || undefined)
  served.program.signal('SIGTERM')
  t.equal(await served.program.ended, 'exit 130')
  await waitUntil('the children to be gone', () => !children.some(isAlive) || undefined)
})

t.test('SIGHUP loads the rules in all processes, and bad ones leave the old in use', async (t) => {
  const rules = join(t.testdir(), 'rules.json')
  const rule = (key: string): string => JSON.stringify(rulesetFor(key))
  writeFileSync(rules, rule('first'))
  const served = await startServed(t, ['--rules', rules])
  const reloads = async (result: string): Promise<number> =>
    (await served.metrics()).get(`mirrorwaf_ruleset_reloads_total{result="${result}"}`) ?? 0
  writeFileSync(rules, rule('second'))
  process.kill(served.program.pid, 'SIGHUP')
  await waitUntil('both reloads', async () => (await reloads('ok')) === 2 || undefined)
  const found = await sendLoad({ address: served.address, requests: 40, connections: 20, attackEvery: 1 })
  t.equal(found.answered, 40)
  t.equal((await settledAccount(served, 40)).matched, 40)
  writeFileSync(rules, '{')
  process.kill(served.program.pid, 'SIGHUP')
  await waitUntil('both refusals', async () => (await reloads('failed')) === 2 || undefined)
  await sendLoad({ address: served.address, requests: 40, connections: 20, attackEvery: 1 })
  t.equal((await settledAccount(served, 80)).matched, 80)
  // A process that has to start anew now cannot: it is tried again, and the other one serves.
  process.kill(served.childPids()[0] ?? 0, 'SIGKILL')
  await waitUntil('a failed start', async () => ((await served.metrics()).get(startRestarts) ?? 0) >= 1 || undefined)
  t.match(served.program.stderr, 'MWAF_RULESET_INVALID')
  t.equal((await fetch(`http://${served.admin}/readyz`)).status, 200)
  writeFileSync(rules, rule('third'))
  await waitUntil('two processes', async () => (await served.metrics()).get('mirrorwaf_processes') === 2 || undefined)
})

t.test('processes whose primary is gone end by themselves', async (t) => {
  const served = await startServed(t, ['--drain-delay', '60s'])
  const children = served.childPids()
  process.kill(served.program.pid, 'SIGKILL')
  await waitUntil('the children to be gone', () => !children.some(isAlive) || undefined)
  t.match(served.program.stderr, 'the primary process is gone')
})

function rulesetFor(name: string): object {
  const inputs = [{ address: 'server.request.query' }]
  const condition = { operator: 'phrase_match', parameters: { inputs, list: ['$globals'] } }
  const tags = { type: 'test', category: 'attack_attempt' }
  return {
    version: '2.2',
    metadata: { rules_version: name },
    rules: [{ id: name, name, tags, conditions: [condition] }],
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    // ESRCH: it is gone.
    return false
  }
}
