import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { EventFolder } from '#src/sinks/event-folder.js'
import { EventGate } from '#src/sinks/event-gate.js'
import { routeOf } from '#src/sinks/event-route.js'
import { readEvents } from '#src/sinks/read-event.js'
import type { EventBlock } from '#src/sinks/sink.js'
import type { Delivery } from '#src/sinks/sink-spec.js'
import { TokenBucket } from '#src/sinks/token-bucket.js'
import { eventLimitBytes } from '#src/verdict/encode-event.js'
import type { SecurityEvent } from '#src/verdict/event.js'
import { newLedger, noAccount } from './support/no-account.js'
import { bareEvent, fullEvent, linesOfEvents, plainEvent } from './support/sample-events.js'

const everything: Delivery = { minSeverity: 'info', types: [], sampleRatio: 1, rate: undefined }

interface OpenGate {
  readonly gate: EventGate
  readonly passed: () => readonly SecurityEvent[]
  /** Moves the gate's clock. */
  readonly wait: (milliseconds: number) => void
}

function openGate(t: Test, delivery: Partial<Delivery>): OpenGate {
  const passed: SecurityEvent[] = []
  let nowMs = 0
  const gate = new EventGate({
    delivery: { ...everything, ...delivery },
    nowMs: () => nowMs,
    offer: ({ lines }) => passed.push(...readEvents(lines)),
    held: noAccount,
  })
  t.teardown(() => gate.close())
  const wait = (milliseconds: number): void => {
    nowMs += milliseconds
  }
  return { gate, passed: () => passed, wait }
}

function fromClient(ip: string, timestamp = plainEvent.timestamp): SecurityEvent {
  return { ...plainEvent, timestamp, client: { ...plainEvent.client, ip } }
}

/** Events that some lines stand for. */
function countOf(events: readonly SecurityEvent[]): number {
  return events.reduce((sum, { folded }) => sum + (folded?.count ?? 1), 0)
}

t.test('events below the severity and of other types stay out, and are counted', async (t) => {
  const { gate, passed } = openGate(t, { minSeverity: 'medium', types: ['sql_injection', 'security_scanner'] })
  gate.accept(linesOfEvents([plainEvent, fullEvent, bareEvent]))
  t.strictSame(passed(), [JSON.parse(JSON.stringify(fullEvent))])
  t.equal(gate.filtered, 2)
})

t.test('a sample takes its share by event id, and the same events each time', async (t) => {
  const ids = Array.from({ length: 1000 }, (_, index) => {
    const tail = Math.floor((index / 1000) * 2 ** 32).toString(16)
    return { ...plainEvent, event_id: `019b7d3c-6c6e-7000-8000-0000${tail.padStart(8, '0')}` }
  })
  const first = openGate(t, { sampleRatio: 0.25 })
  first.gate.accept(linesOfEvents(ids))
  t.equal(first.passed().length, 250)
  t.equal(first.gate.filtered, 750)
  const second = openGate(t, { sampleRatio: 0.25 })
  second.gate.accept(linesOfEvents(ids))
  t.strictSame(second.passed(), first.passed())
})

t.test('what is above the rate is folded by rule, route and client, and none is lost', async (t) => {
  const { gate, passed } = openGate(t, { rate: { eventCount: 2, periodMs: 60_000 } })
  const events = Array.from({ length: 10 }, (_, index) =>
    fromClient(index % 2 === 0 ? '192.0.2.1' : '192.0.2.2', `2026-01-02T03:04:${10 + index}.000Z`),
  )
  gate.accept(linesOfEvents(events))
  t.equal(passed().length, 2)
  t.equal(gate.folded, 8)
  gate.drain()
  t.equal(passed().length, 4)
  t.equal(countOf(passed()), 10)
  t.strictSame(
    passed().map(({ client, folded }) => [client.ip, folded?.count, folded?.first, folded?.last]),
    [
      ['192.0.2.1', undefined, undefined, undefined],
      ['192.0.2.2', undefined, undefined, undefined],
      ['192.0.2.1', 4, '2026-01-02T03:04:12.000Z', '2026-01-02T03:04:18.000Z'],
      ['192.0.2.2', 4, '2026-01-02T03:04:13.000Z', '2026-01-02T03:04:19.000Z'],
    ],
  )
  t.equal(gate.folded, 6, 'events that others stand for')
})

t.test('folded events go out by themselves as the rate allows, before new ones', async (t) => {
  const { gate, passed, wait } = openGate(t, { rate: { eventCount: 1, periodMs: 1000 } })
  gate.accept(linesOfEvents([fromClient('192.0.2.1'), fromClient('192.0.2.1'), fromClient('192.0.2.1')]))
  wait(1000)
  gate.accept(linesOfEvents([fromClient('192.0.2.9')]))
  t.equal(passed().length, 1, 'the new one waits behind the folded one, although there is a token')
  await delay(1200)
  t.strictSame(
    passed().map(({ client, folded }) => [client.ip, folded?.count]),
    [
      ['192.0.2.1', undefined],
      ['192.0.2.1', 2],
    ],
  )
  wait(1000)
  await delay(1200)
  t.equal(countOf(passed()), 4)
  wait(1000)
  gate.accept(linesOfEvents([fromClient('192.0.2.7')]))
  t.equal(passed().length, 4, 'with nothing folded events pass at once again')
})

t.test('what was folded goes on in blocks of 64 KiB at most, in order and each whole', async (t) => {
  const blocks: EventBlock[] = []
  const gate = new EventGate({
    delivery: { ...everything, rate: { eventCount: 1, periodMs: 3_600_000 } },
    nowMs: () => 0,
    offer: (block) => blocks.push(block),
    held: noAccount,
  })
  const events = Array.from({ length: 200 }, (_, index) => fromClient(`192.0.2.${index}`))
  for (const event of events) gate.accept(linesOfEvents([event]))
  gate.close()
  const folded = blocks.slice(1)
  t.ok(folded.length > 1 && folded.every(({ lines }) => lines.byteLength <= 64 * 1024))
  const read = folded.map(({ lines }) => readEvents(lines))
  t.strictSame(
    read.map(({ length }) => length),
    folded.map(({ eventCount }) => eventCount),
  )
  t.strictSame(
    read.flat().map(({ client }) => client.ip),
    events.slice(1).map(({ client }) => client.ip),
  )
})

t.test('the table of folded events is bounded; what finds no room is counted together', async (t) => {
  const line = Buffer.from('{"a":1}\n')
  const folder = new EventFolder(10_000)
  for (let index = 0; index < 1000; index += 1) folder.add(`key ${index}`, line, `t${index}`)
  t.ok(folder.usedBytes <= 10_000 && folder.usedBytes > 9000, `${folder.usedBytes} bytes`)
  let total = 0
  let mixed = 0
  for (let taken = folder.take(); taken !== undefined; taken = folder.take()) {
    const { folded } = JSON.parse(Buffer.from(taken.line).toString())
    total += folded?.count ?? 1
    if (folded?.by === 'mixed') mixed += folded.count
  }
  t.equal(total, 1000)
  t.ok(mixed > 900, `${mixed} mixed`)
  t.equal(folder.usedBytes, 0)
  t.ok(folder.isEmpty)
})

t.test('a folded event of the largest size still fits into 64 KiB', async (t) => {
  const folder = new EventFolder(1024 * 1024)
  const tail = `","timestamp":"${plainEvent.timestamp}"}\n`
  const line = Buffer.from(`{"a":"${'x'.repeat(eventLimitBytes - 6 - tail.length)}${tail}`)
  t.equal(line.byteLength, eventLimitBytes)
  for (let count = 0; count < 3; count += 1) folder.add('key', line, plainEvent.timestamp)
  const taken = folder.take()
  t.match(JSON.parse(Buffer.from(taken?.line ?? []).toString()), { folded: { count: 3 } })
  // Nine digits more of a count would fit as well.
  t.ok((taken?.line.byteLength ?? 0) <= 64 * 1024 - 9, `${taken?.line.byteLength}`)
})

t.test('what is still folded when a gate is closed goes on', async (t) => {
  const { gate, passed } = openGate(t, { rate: { eventCount: 1, periodMs: 1000 } })
  gate.accept(linesOfEvents([plainEvent, plainEvent, plainEvent]))
  gate.close()
  t.equal(countOf(passed()), 3)
})

t.test('a bucket holds what its rate says and fills again in its period', async (t) => {
  let nowMs = 0
  const bucket = new TokenBucket({ eventCount: 2, periodMs: 1000 }, () => nowMs)
  const takeAll = (): number => {
    let count = 0
    while (bucket.take()) count += 1
    return count
  }
  t.equal(takeAll(), 2)
  nowMs = 499
  t.equal(takeAll(), 0)
  nowMs = 500
  t.equal(takeAll(), 1)
  nowMs = 100_000
  t.equal(takeAll(), 2, 'never more than one period holds')
})

t.test('routes that differ in ids alone are one, and depth is bounded', async (t) => {
  const route = (path: string): string => routeOf({ ...plainEvent, request: { ...plainEvent.request, path } })
  t.equal(route('/users/17/orders'), 'GET shop.example/users/{id}/orders')
  t.equal(route('/a/0b3fd1c2-93a4-4b6e-8f00-112233445566'), 'GET shop.example/a/{id}')
  t.equal(route('/static/main.js'), 'GET shop.example/static/main.js')
  t.equal(route('/1/2/3/4/5/6/7/8'), `GET shop.example${'/{id}'.repeat(8)}`)
  t.equal(route('/1/2/3/4/5/6/7/8/9'), `GET shop.example${'/{id}'.repeat(8)}/*`)
})

t.test(
  'a block says which of its lines stand for several events; what is folded is held until it goes on',
  async (t) => {
    const blocks: EventBlock[] = []
    const ledger = newLedger()
    const gate = new EventGate({
      delivery: { ...everything, rate: { eventCount: 1, periodMs: 3_600_000 } },
      nowMs: () => 0,
      offer: (block) => blocks.push(block),
      held: ledger.sink(0),
    })
    t.teardown(() => gate.close())
    gate.accept(linesOfEvents([plainEvent, fromClient('192.0.2.1'), plainEvent, plainEvent, plainEvent]))
    t.strictSame(ledger.closeBooks(), { events: 4, history: 0 })
    gate.drain()
    t.strictSame(
      blocks.map(({ eventCount, folds }) => [eventCount, folds]),
      [
        [1, []],
        [4, [{ line: 1, eventCount: 3 }]],
      ],
    )
  },
)
