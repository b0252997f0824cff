// `serve --processes 2`: what it counts, also when a process is killed.
import { join } from 'node:path'
import t from 'tap'
import { sendLoad } from '../processes/support/load.js'
import { restingAccount, settledAccount, startServed } from '../processes/support/served.js'
import { temporaryFolder } from './support/repository.js'
import { sleep, waitUntil } from './support/wait-until.js'

const signalRestarts = 'mirrorwaf_processes_restarted_total{cause="signal"}'

t.test('two processes share the connections, and outcomes add up to what was sent', async (t) => {
  const served = await startServed(t)
  t.equal(served.childPids().length, 2)
  t.equal((await fetch(`http://${served.admin}/readyz`)).status, 200)
  const load = await sendLoad({ address: served.address, requests: 4000, connections: 40, attackEvery: 20 })
  t.strictSame(load, { sent: 4000, answered: 4000, attacksSent: 200, attacksAnswered: 200 })
  t.strictSame(await settledAccount(served, 4000), { received: 4000, decided: 4000, matched: 200, lost: 0 })
  await waitUntil('the events', () => served.eventCount() === 200 || undefined)
  const metrics = await served.metrics()
  t.equal(metrics.get('mirrorwaf_rule_hits_total{rule="test-1",type="test"}'), 200)
  t.equal(metrics.get('mirrorwaf_processes'), 2)
  t.equal(metrics.get('mirrorwaf_workers'), 2)
  t.equal(await served.program.stop(), 'exit 0')
  t.equal(served.eventCount(), 200)
})

t.test('a killed process is replaced, the other goes on, and what it held is lost and counted', async (t) => {
  // Batches wait for a second: each process surely holds undecided requests when it is killed.
  const served = await startServed(t, ['--batch-age', '1s', '--batch-count', '4096'])
  const load = await sendLoad({ address: served.address, requests: 200, connections: 40, attackEvery: 0 })
  t.equal(load.answered, 200)
  await waitUntil('all to be received', async () => (await served.account()).received === 200 || undefined)
  const [first = 0] = served.childPids()
  process.kill(first, 'SIGKILL')
  const account = await settledAccount(served, 200)
  t.equal(account.received, 200)
  t.ok(account.lost > 0 && account.lost < 200, `${account.lost} requests were in its hands`)
  t.equal((await fetch(`http://${served.admin}/readyz`)).status, 200, 'the other one serves')
  await waitUntil('two processes', async () => (await served.metrics()).get('mirrorwaf_processes') === 2 || undefined)
  t.notOk(served.childPids().includes(first))
  t.equal((await served.metrics()).get(signalRestarts), 1)
  const again = await sendLoad({ address: served.address, requests: 100, connections: 20, attackEvery: 0 })
  t.equal(again.answered, 100)
  t.equal((await settledAccount(served, 300)).received, 300)
})

t.test('killed under load: outcomes add up, and each event stands for a match', async (t) => {
  const served = await startServed(t)
  let isOver = false
  const { address } = served
  const loading = sendLoad({ address, requests: 1e6, connections: 20, attackEvery: 5, isOver: () => isOver })
  await sleep(400)
  process.kill(served.childPids()[0] ?? 0, 'SIGKILL')
  await waitUntil('the restart', async () => ((await served.metrics()).get(signalRestarts) === 1 ? true : undefined))
  await sleep(400)
  isOver = true
  const load = await loading
  const account = await restingAccount(served)
  t.ok(account.received <= load.sent)
  t.ok(account.received > 0.5 * load.answered, 'only what came in the last moments of one process is in no count')
  await waitUntil('the events', () => served.eventCount() >= account.matched || undefined)
  t.equal(served.eventCount(), account.matched)
})

t.test('a unix socket is shared too', async (t) => {
  // Short: the path of a socket has 107 bytes at most.
  const path = join(temporaryFolder(t), 's')
  const served = await startServed(t, ['--listen', `unix:${path}`])
  t.equal(served.address, `unix:${path}`)
  const load = await sendLoad({ address: served.address, requests: 400, connections: 20, attackEvery: 10 })
  t.equal(load.answered, 400)
  t.equal((await settledAccount(served, 400)).matched, 40)
  const [first = 0] = served.childPids()
  process.kill(first, 'SIGKILL')
  await waitUntil('the restart', async () =>
    (await served.metrics()).get('mirrorwaf_processes') === 2 ? true : undefined,
  )
  t.equal(await served.program.stop(), 'exit 0')
})
