// `serve` as a process, from start to end: signals, reloads, a reader of events that stands still.
// With all rules and for longer the same is tried in test/e2e/faults.test.ts.
import { renameSync, symlinkSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import t, { type Test } from 'tap'
import { Load, type LoadResult } from '../e2e/support/load.js'
import { OwnProcess } from '../e2e/support/own-process.js'
import { Receiver } from '../e2e/support/receiver.js'
import { repositoryRoot } from '../e2e/support/repository.js'
import { sleep, waitUntil } from '../e2e/support/wait-until.js'
import { Client } from '../listener/support/client.js'
import { rulesetText, writeRuleset } from '../worker/support/small-ruleset.js'

// Programs start and stop in here; each wait has its own, shorter end.
t.setTimeout(120_000)

/** A request that the small ruleset matches, and whose event can be told from the others'. */
function attack(number: number): Buffer {
  return Buffer.from(`GET /?x=$globals&case=n${number}- HTTP/1.1\r\nHost: a\r\n\r\n`)
}

function startAttacks(port: number): Load {
  return Load.start({ port, connections: 8, requestsPerSecond: 400, requestOf: attack })
}

/** Numbers of the answered requests that have no event. */
function withoutEvent({ answered }: LoadResult, receiver: Receiver): readonly number[] {
  const reported = new Set(receiver.events().map(({ request }) => Number(/case=n(\d+)-/.exec(request.query)?.[1])))
  return answered.filter((number) => !reported.has(number))
}

function startSmall(t: Test, args: readonly string[] = []): Promise<Receiver> {
  return Receiver.start(t, { rulesPath: writeRuleset(t, '$globals'), args })
}

/** Connects, sends `text` and leaves the connection open; it is closed with the test. */
async function openClient(t: Test, port: number, text: string): Promise<Client> {
  const client = await Client.connect(`127.0.0.1:${port}`)
  t.teardown(() => client.close())
  client.send(text)
  return client
}

async function awaitReloads(receiver: Receiver, result: string, count: number): Promise<void> {
  await waitUntil(`${count} reloads that end with ${result}`, async () => {
    const done = await receiver.metric('mirrorwaf_ruleset_reloads_total', `result="${result}"`)
    return done === count || undefined
  })
}

t.test('SIGTERM under load: every request that was answered is inspected and reported, exit 0', async (t) => {
  const receiver = await startSmall(t)
  const load = startAttacks(receiver.port)
  await sleep(700)
  receiver.process.signal('SIGTERM')
  t.equal(await receiver.process.ended, 'exit 0')
  const result = await load.stop()
  t.ok(result.answered.length > 20, `${result.answered.length} answered`)
  t.same(withoutEvent(result, receiver), [])
})

t.test('while it drains, /readyz says 503, requests are still answered, and their connections end', async (t) => {
  const receiver = await startSmall(t, ['--drain-delay', '2s'])
  const kept = await openClient(t, receiver.port, attack(1).toString())
  await kept.awaitText('204')
  receiver.process.signal('SIGTERM')
  await waitUntil('/readyz to say 503', async () => (await receiver.readyStatus()) === 503 || undefined)
  const fresh = await openClient(t, receiver.port, attack(2).toString())
  await fresh.awaitText('Connection: close')
  kept.send(attack(3).toString())
  await kept.awaitText('Connection: close')
  // A reload that comes too late must not end the process before its time.
  receiver.process.signal('SIGHUP')
  t.equal(await receiver.process.ended, 'exit 0')
  t.equal(receiver.events().length, 3)
})

t.test('a second signal ends at once', async (t) => {
  const receiver = await startSmall(t, ['--drain-delay', '60s'])
  receiver.process.signal('SIGINT')
  await waitUntil('the drain', () => receiver.process.stderr.includes('draining') || undefined)
  receiver.process.signal('SIGTERM')
  t.equal(await receiver.process.ended, 'exit 130')
})

t.test('a request that is still arriving when the drain times out is inspected as far as it came', async (t) => {
  const receiver = await startSmall(t, ['--drain-timeout', '200ms'])
  const { port } = receiver
  await openClient(t, port, 'POST /?x=$globals HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc')
  await waitUntil('the body', async () => (await receiver.metric('mirrorwaf_in_flight_bytes')) > 0 || undefined)
  receiver.process.signal('SIGTERM')
  t.equal(await receiver.process.ended, 'exit 0')
  t.match(receiver.events(), [{ outcome: 'matched', flags: { aborted: true }, request: { body: { seen: 3 } } }])
})

t.test('SIGHUP under load: nothing is lost, and from then on the new rules judge', async (t) => {
  const rulesPath = writeRuleset(t, '$globals')
  const receiver = await Receiver.start(t, { rulesPath })
  const load = startAttacks(receiver.port)
  await sleep(200)
  receiver.process.signal('SIGHUP')
  await awaitReloads(receiver, 'ok', 1)
  const result = await load.stop()
  t.same(result.unanswered, [])
  await receiver.awaitAccounted(result.answered.length)
  t.same(withoutEvent(result, receiver), [])
  writeFileSync(rulesPath, rulesetText('other-word'))
  receiver.process.signal('SIGHUP')
  await awaitReloads(receiver, 'ok', 2)
  const client = await openClient(t, receiver.port, 'GET /?x=other-word HTTP/1.1\r\n\r\n')
  await client.awaitText('204')
  await receiver.awaitEvent('other-word')
})

t.test('--rules-watch sees a ConfigMap change: `..data` is swapped for another folder', async (t) => {
  const text = rulesetText('$globals')
  const folder = t.testdir({
    '..first': { 'rules.json': text },
    '..second': { 'rules.json': text },
    '..data': t.fixture('symlink', '..first'),
    'rules.json': t.fixture('symlink', '..data/rules.json'),
  })
  const receiver = await Receiver.start(t, { rulesPath: `${folder}/rules.json`, args: ['--rules-watch'] })
  symlinkSync('..second', `${folder}/..new`)
  renameSync(`${folder}/..new`, `${folder}/..data`)
  await awaitReloads(receiver, 'ok', 1)
})

t.test('SIGHUP with rules that went bad: the old ones stay, said and counted', async (t) => {
  const rulesPath = writeRuleset(t, '$globals')
  const receiver = await Receiver.start(t, { rulesPath })
  let failedCount = 0
  for (const bad of ['{', '{}', '{"version":"2.2","rules":[{"id":"broken"}]}']) {
    writeFileSync(rulesPath, bad)
    receiver.process.signal('SIGHUP')
    failedCount += 1
    await awaitReloads(receiver, 'failed', failedCount)
  }
  t.match(receiver.process.stderr, 'MWAF_RULESET_INVALID')
  t.match(receiver.process.stderr, 'the old one stays in use')
  const client = await openClient(t, receiver.port, attack(1).toString())
  await client.awaitText('204')
  await receiver.awaitEvent('case=n1-')
})

t.test('a reader of events that stands still costs events, counted, and no answer', async (t) => {
  const options = { isOutputStalled: true, args: ['--sink-queue-limit', '128KiB'] }
  const receiver = await Receiver.start(t, { rulesPath: writeRuleset(t, '$globals'), ...options })
  const load = startAttacks(receiver.port)
  await waitUntil('events to be dropped', async () => {
    return (await receiver.metric('mirrorwaf_sink_dropped_total')) > 0 || undefined
  })
  const droppedBefore = await receiver.metric('mirrorwaf_sink_dropped_total')
  const countBefore = load.count
  await sleep(2000)
  const result = await load.stop()
  t.same(result.unanswered, [])
  t.ok(result.answered.length > countBefore, 'answers went on')
  t.ok((await receiver.metric('mirrorwaf_sink_dropped_total')) > droppedBefore, 'while the reader stood still')
})

t.test('a start that cannot succeed ends with 1 and the code of what is wrong', async (t) => {
  const taken = net.createServer().listen(0, '127.0.0.1')
  t.teardown(() => taken.close())
  await new Promise((resolve) => taken.once('listening', resolve))
  const address = taken.address()
  const takenPort = typeof address === 'object' ? address?.port : 0
  const usual = { listen: '127.0.0.1:0', admin: '127.0.0.1:0', rules: writeRuleset(t, 'x') }
  const cases = [
    [{ ...usual, listen: `127.0.0.1:${takenPort}` }, [], 'MWAF_LISTENER_ADDRESS'],
    [{ ...usual, admin: `127.0.0.1:${takenPort}` }, [], 'MWAF_LISTENER_ADDRESS'],
    [{ ...usual, rules: '/no/such/file' }, [], 'MWAF_RULESET_READ'],
    [usual, ['--min-rules', '2'], 'MWAF_RULESET_TOO_FEW'],
  ] as const
  await Promise.all(
    cases.map(async ([{ listen, admin, rules }, more, code]) => {
      const options = ['--listen', listen, '--admin', admin, '--rules', rules, '--workers', '1', ...more]
      const args = [`${repositoryRoot}/dist/main.js`, 'serve', ...options]
      const child = OwnProcess.start(t, { name: code, command: process.execPath, args })
      t.equal(await child.ended, 'exit 1', code)
      await waitUntil(
        `${code} on stderr`,
        () => child.stderr.includes(code) || undefined,
        () => child.describe(),
      )
    }),
  )
})
