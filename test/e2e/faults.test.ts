// What goes wrong around a receiver under load: it goes on answering, loses nothing it accepted, and counts what it drops.
import { copyFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import net from 'node:net'
import t, { type Test } from 'tap'
import { Load, type LoadResult } from './support/load.js'
import { sendAlone } from './support/raw-client.js'
import { Receiver } from './support/receiver.js'
import { temporaryFolder } from './support/repository.js'
import { requestText } from './support/request-text.js'
import { sleep, waitUntil } from './support/wait-until.js'

// Programs start and stop in here; each wait has its own, shorter end.
t.setTimeout(300_000)

/** No fault below may hold up an answer for longer; answers normally take less than a millisecond. */
const answerLimitMs = 1_000

/** An attack that names its number, so that its event can be told from the others'. */
function attackNumber(number: number): Buffer {
  return requestText({ target: `/?x=$globals&case=n${number}-`, headers: ['User-Agent: mirrorwaf-e2e'] })
}

function startAttacks(port: number): Load {
  return Load.start({ port, connections: 10, requestsPerSecond: 300, requestOf: attackNumber })
}

/** Numbers of the answered requests that have no event. */
function withoutEvent({ answered }: LoadResult, receiver: Receiver): readonly number[] {
  const queries = receiver.events().map(({ request }) => request.query)
  const reported = new Set(queries.map((query) => Number(/case=n(\d+)-/.exec(query)?.[1])))
  return answered.filter((number) => !reported.has(number))
}

function testAnswers(t: Test, { answered, unanswered, slowestMs, statuses }: LoadResult): void {
  t.ok(answered.length > 0)
  t.strictSame(unanswered, [])
  t.strictSame(statuses, new Set([204]))
  t.ok(slowestMs < answerLimitMs, `the slowest of ${answered.length} answers took ${slowestMs.toFixed(1)} ms`)
}

/** Connections that each send `bytes` and then nothing; they are closed with the test. */
async function openConnections(t: Test, port: number, count: number, bytes: string): Promise<readonly net.Socket[]> {
  const sockets = Array.from({ length: count }, () => net.connect(port, '127.0.0.1'))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
  })
  await Promise.all(
    sockets.map(
      (socket) =>
        new Promise<void>((resolve) => {
          socket.on('error', () => resolve())
          socket.once('connect', () => socket.write(bytes, () => resolve()))
        }),
    ),
  )
  return sockets
}

t.test('SIGTERM under load: what was answered is inspected and reported, then the exit is clean', async (t) => {
  const receiver = await Receiver.start(t)
  const load = startAttacks(receiver.port)
  await sleep(1_500)
  receiver.process.signal('SIGTERM')
  t.equal(await receiver.process.ended, 'exit 0')
  const result = await load.stop()
  t.ok(result.answered.length > 100, `${result.answered.length} answered`)
  t.strictSame(withoutEvent(result, receiver), [])
})

t.test('rules loaded again under load: nothing is lost, nothing waits', async (t) => {
  const receiver = await Receiver.start(t)
  const load = startAttacks(receiver.port)
  for (let count = 1; count <= 3; count += 1) {
    receiver.process.signal('SIGHUP')
    await waitUntil(`reload ${count}`, async () => {
      const done = await receiver.metric('mirrorwaf_ruleset_reloads_total', 'result="ok"')
      return done === count || undefined
    })
  }
  const result = await load.stop()
  testAnswers(t, result)
  await receiver.awaitAccounted(result.answered.length)
  t.strictSame(withoutEvent(result, receiver), [])
})

t.test('rules that went bad: the old ones stay, and it is counted', async (t) => {
  const rulesPath = `${temporaryFolder(t)}/rules.json`
  copyFileSync(
    createRequire(import.meta.url).resolve('dd-trace/packages/dd-trace/src/appsec/recommended.json'),
    rulesPath,
  )
  const receiver = await Receiver.start(t, { rulesPath })
  writeFileSync(rulesPath, '{"version": "2.2", "rules": [')
  receiver.process.signal('SIGHUP')
  await waitUntil(
    'the failed reload to be counted',
    async () => {
      const failed = await receiver.metric('mirrorwaf_ruleset_reloads_total', 'result="failed"')
      return failed === 1 || undefined
    },
    () => receiver.process.describe(),
  )
  await sendAlone(receiver.port, attackNumber(1))
  await receiver.awaitEvent('case=n1-')
})

t.test('a reader of events that stands still costs events, counted, and no answer', async (t) => {
  const receiver = await Receiver.start(t, { isOutputStalled: true, args: ['--sink-queue-limit', '128KiB'] })
  const load = startAttacks(receiver.port)
  await waitUntil('events to be dropped', async () => {
    return (await receiver.metric('mirrorwaf_sink_dropped_total')) > 0 || undefined
  })
  await sleep(10_000)
  const result = await load.stop()
  testAnswers(t, result)
  const written = await receiver.metric('mirrorwaf_sink_events_total')
  const dropped = await receiver.metric('mirrorwaf_sink_dropped_total')
  t.comment(`${result.answered.length} events: ${written} written, ${dropped} dropped`)
})

t.test('a full disk costs events, counted, and no answer', async (t) => {
  const receiver = await Receiver.start(t, { args: ['--events', 'file:/dev/full'] })
  const load = startAttacks(receiver.port)
  await waitUntil('events to be dropped', async () => {
    return (await receiver.metric('mirrorwaf_sink_dropped_total')) > 0 || undefined
  })
  testAnswers(t, await load.stop())
})

t.test('clients that stand still in the head, in the body and between requests hold up nobody', async (t) => {
  const receiver = await Receiver.start(t)
  const each = 1_000
  const before = await receiver.metric('process_resident_memory_bytes')
  await openConnections(t, receiver.port, each, 'GET /?x=')
  await openConnections(t, receiver.port, each, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc')
  await openConnections(t, receiver.port, each, '')
  await waitUntil('all connections to be accepted', async () => {
    return (await receiver.metric('mirrorwaf_connections_open')) === 3 * each || undefined
  })
  const load = startAttacks(receiver.port)
  await sleep(2_000)
  testAnswers(t, await load.stop())
  const grownMiB = ((await receiver.metric('process_resident_memory_bytes')) - before) / 2 ** 20
  t.ok(grownMiB < 100, `memory grew by ${grownMiB.toFixed()} MiB for ${3 * each} connections`)
})

t.test(
  'over the connection limit new connections are dropped and counted; below it they are served again',
  async (t) => {
    const receiver = await Receiver.start(t, { args: ['--connection-limit', '50'] })
    const sockets = await openConnections(t, receiver.port, 200, 'GET / HTTP/1.1\r\nHost: a\r\n')
    await waitUntil('150 rejections', async () => {
      return (await receiver.metric('mirrorwaf_connections_rejected_total')) === 150 || undefined
    })
    for (const socket of sockets) socket.destroy()
    await waitUntil('an answer', async () => {
      const { status } = await sendAlone(receiver.port, attackNumber(1))
      return status === 204 || undefined
    })
  },
)

t.test('clients that break off are accounted for as aborted, and attacks in what came are reported', async (t) => {
  const receiver = await Receiver.start(t)
  const count = 200
  const head = 'POST /?x=$globals HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc'
  const attacks = await openConnections(t, receiver.port, count, head)
  const harmless = await openConnections(t, receiver.port, count, head.replace('$globals', 'red'))
  await waitUntil('all connections to be accepted', async () => {
    return (await receiver.metric('mirrorwaf_connections_open')) === 2 * count || undefined
  })
  for (const socket of attacks) socket.resetAndDestroy()
  for (const socket of harmless) socket.end()
  await receiver.awaitAccounted(2 * count)
  t.equal(await receiver.outcomeCount('matched'), count)
  t.equal(await receiver.outcomeCount('aborted'), count)
  t.ok(receiver.events().every(({ flags }) => flags.aborted))
})

t.test('a client that has said all and closed its side is answered', async (t) => {
  const receiver = await Receiver.start(t)
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = net.connect({ port: receiver.port, host: '127.0.0.1', allowHalfOpen: true })
    let text = ''
    socket.setEncoding('latin1').on('data', (piece: string) => {
      text += piece
    })
    socket.once('error', reject).once('end', () => resolve(text))
    socket.end(attackNumber(1))
  })
  t.match(answer, /^HTTP\/1\.1 204 /)
  await receiver.awaitEvent('case=n1-')
})
