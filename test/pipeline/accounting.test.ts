// What is sent is received, and what is received has exactly one outcome, whatever happens to the workers.
import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { CounterId } from '#src/observe/counter-ids.js'
import { createLog } from '#src/observe/log.js'
import type { ServeOptions } from '#src/options/serve-options.js'
import { type Pipeline, startPipeline } from '#src/pipeline.js'
import type { SecurityEvent } from '#src/verdict/event.js'
import { type Outcome, outcomeIndex, outcomes } from '#src/verdict/outcome.js'
import { waitUntil } from '../e2e/support/wait-until.js'
import { Random } from '../fuzz/random.js'
import { faultyThreadPath, smallOptions } from '../worker/support/pool-bench.js'

const requestCount = 10_000
const attackCount = 500
const connectionCount = 10

interface Run {
  readonly pipeline: Pipeline
  readonly events: readonly SecurityEvent[]
}

async function startRun(t: Test, changes: Partial<ServeOptions> = {}): Promise<Run> {
  const options = smallOptions(t, {
    listen: ['127.0.0.1:0'],
    admin: 'off',
    events: ['none'],
    drainDelayMs: 0,
    // An attack that a busy machine lets time out would be missing for no fault of the accounts.
    wafTimeoutUs: 10_000_000,
    ...changes,
  })
  const events: SecurityEvent[] = []
  const pipeline = await startPipeline({ ...options, threadPath: faultyThreadPath } as ServeOptions, {
    log: createLog({ level: 'silent' }),
    onEvent: (line) => events.push(JSON.parse(Buffer.from(line).toString())),
  })
  t.teardown(() => pipeline.stop())
  return { pipeline, events }
}

/** Numbered GETs, attacks at random places, the special ones where they are asked for. */
function plan(special: ReadonlyMap<number, string>): readonly string[] {
  const random = new Random(3)
  const attacks = new Set<number>()
  while (attacks.size < attackCount) {
    const number = random.below(requestCount)
    if (!special.has(number)) attacks.add(number)
  }
  return Array.from({ length: requestCount }, (_, number) => {
    const target = special.get(number) ?? (attacks.has(number) ? `/?x=$globals&n=${number}` : `/clean?n=${number}`)
    return `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`
  })
}

/** Sends each request on one of several connections and waits until all are answered. */
async function sendAll(pipeline: Pipeline, requests: readonly string[]): Promise<void> {
  const port = Number(pipeline.info.listening[0]?.split(':').at(-1))
  const share = requests.length / connectionCount
  await Promise.all(
    Array.from({ length: connectionCount }, (_, index) =>
      sendOn(port, requests.slice(index * share, (index + 1) * share)),
    ),
  )
}

/** Twenty at a time, so that pipelining and requests cut by chunks are part of it. */
async function sendOn(port: number, requests: readonly string[]): Promise<void> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1')
  let answers = ''
  socket.on('data', (text: string) => {
    answers += text
  })
  for (let start = 0; start < requests.length; start += 20) {
    socket.write(requests.slice(start, start + 20).join(''))
    await new Promise((resolve) => setImmediate(resolve))
  }
  await waitUntil(
    'all answers',
    () => answers.split('204 No Content').length > requests.length || undefined,
    () => '',
    30_000,
  )
  socket.end()
}

/** Outcomes that any request had, once every request has one. */
async function awaitOutcomes({ pipeline }: Run): Promise<Partial<Record<Outcome, number>>> {
  const { counters } = pipeline.instruments
  const count = (outcome: Outcome): number => counters.get(CounterId.outcome + outcomeIndex(outcome))
  await waitUntil(
    'every request to have its outcome',
    () => outcomes.reduce((sum, outcome) => sum + count(outcome), 0) === requestCount || undefined,
    () => outcomes.map((outcome) => `${outcome} ${count(outcome)}`).join(', '),
    60_000,
  )
  return Object.fromEntries(outcomes.map((outcome) => [outcome, count(outcome)]).filter(([, value]) => value !== 0))
}

t.test('10,000 requests with 500 attacks: sent = received = sum of outcomes, each attack one event', async (t) => {
  const run = await startRun(t)
  await sendAll(run.pipeline, plan(new Map()))
  t.same(await awaitOutcomes(run), { matched: attackCount, clean: requestCount - attackCount })
  t.equal(run.pipeline.instruments.counters.get(CounterId.received), requestCount)
  t.equal(run.events.length, attackCount)
})

t.test('a worker that dies in between costs the request in its hand and nothing else', async (t) => {
  const run = await startRun(t)
  await sendAll(run.pipeline, plan(new Map([[5000, '/exit']])))
  t.same(await awaitOutcomes(run), { lost: 1, matched: attackCount, clean: requestCount - attackCount - 1 })
  t.equal(run.pipeline.instruments.counters.get(CounterId.received), requestCount)
  t.equal(new Set(run.events.map(({ request }) => request.query)).size, attackCount, 'each attack once')
  t.equal(run.events.length, attackCount)
})

t.test('a batch that kills twice is lost at most as a whole: matched = planted minus those in it', async (t) => {
  const run = await startRun(t, { batchLimitCount: 64 })
  const requests = plan(new Map([5000, 5001, 5002, 5003].map((number) => [number, '/exit'])))
  await sendAll(run.pipeline, requests)
  const { lost = 0, matched = 0, clean = 0, ...others } = await awaitOutcomes(run)
  t.same(others, {})
  t.equal(lost + matched + clean, requestCount)
  t.ok(lost >= 4, 'the poison itself')
  const { batchRequests } = run.pipeline.instruments
  t.ok(lost <= 2 * batchRequests.max, `${lost} lost, the largest batch had ${batchRequests.max}`)
  t.equal(run.events.length, matched, 'an event for each that was counted as matched')
})
