// A batch in which attacks and harmless requests alternate: each gets its own outcome and nobody else's event.
import t from 'tap'
import { type Batch, Batcher } from '#src/batch/batcher.js'
import { stateDecided, Word } from '#src/batch/record-layout.js'
import { RecordReader } from '#src/batch/record-reader.js'
import { SlabPool } from '#src/batch/slab.js'
import { completeServeOptions } from '#src/options/load.js'
import { RequestReader } from '#src/parser/request-reader.js'
import { Staging } from '#src/parser/staging.js'
import type { BodyFault } from '#src/request/body/body-fault.js'
import { type Outcome, outcomes } from '#src/verdict/outcome.js'
import { BatchInspector } from '#src/worker/batch-inspector.js'
import { type BuiltInspector, buildInspector } from '#src/worker/build-inspector.js'
import { EventWriter } from '#src/worker/event-writer.js'
import type { BatchTask } from '#src/worker/messages.js'
import { readWorkerSettings } from '#src/worker/worker-settings.js'

/** Cleared at once; held because is_sqli must look at a value; held and found; a candidate at once. */
const targets = [
  { target: '/plain?x=hello', outcome: 'clean' },
  { target: "/held?x=O'Brien%20and%20sons%20(1)", outcome: 'clean' },
  { target: "/sqli?x=1'%20or%20'1'='1'%20--%20", outcome: 'matched' },
  { target: '/candidate?x=$globals', outcome: 'matched' },
] as const
const rounds = 40

const options = completeServeOptions({ prefilter: 'on', verifyRatio: 0, wafTimeoutUs: 5_000_000 })
const settings = await readWorkerSettings(options)
const built = buildInspector(settings, false)
t.teardown(() => built.dispose())

interface Inspected {
  readonly outcomes: readonly Outcome[]
  readonly reportedPaths: readonly string[]
  readonly bodyFaults: ReadonlyMap<BodyFault, number>
}

t.test('outcomes and events belong to their own requests', async (t) => {
  const inspected = inspect(Array.from({ length: rounds }, () => targets.map(({ target }) => target)).flat())
  t.strictSame(inspected.outcomes, Array.from({ length: rounds }, () => targets.map(({ outcome }) => outcome)).flat())
  t.equal(inspected.reportedPaths.length, rounds * 2)
  t.equal(inspected.reportedPaths.filter((path) => path === '/sqli').length, rounds)
  t.equal(inspected.reportedPaths.filter((path) => path === '/candidate').length, rounds)
})

t.test('harmless requests with values to check share engine calls', async (t) => {
  const before = built.prefilter?.stats.checkCalls ?? 0
  const inspected = inspect(Array.from({ length: rounds }, () => targets[1].target))
  t.strictSame(new Set(inspected.outcomes), new Set(['clean']))
  t.ok((built.prefilter?.stats.checkCalls ?? 0) - before <= 2, 'one call for the batch')
})

t.test('faults of bodies are counted by kind, whoever decided the request', async (t) => {
  const post = (type: string, body: string): string =>
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  const cleared = post('application/json', '{"a":')
  const held = post('application/json', `{"a":"O'Brien and sons (1)"`)
  const candidate = post('multipart/form-data', 'a=$globals')
  const sound = post('application/json', '{"a":1}')
  const { outcomes: decided, bodyFaults } = inspect([], built, [cleared, held, candidate, sound, held])
  t.strictSame(decided, ['clean', 'clean', 'matched', 'clean', 'clean'])
  t.strictSame(Object.fromEntries(bodyFaults), { json_cut: 3, multipart_boundary: 1 })
})

t.test('a copy marked truncated reads so where peers are named, and only there', async (t) => {
  const marked = ['GET / HTTP/1.1\r\nX-Mirrorwaf-Truncated: 1\r\n\r\n']
  t.strictSame(inspectWith(built, marked), ['clean'])
  const inspection = { ...settings.inspection, trustsPeers: true }
  const trusting = buildInspector({ ...settings, inspection }, false)
  t.teardown(() => trusting.dispose())
  t.strictSame(inspectWith(trusting, marked), ['truncated'])
  t.strictSame(inspectWith(trusting, ['GET / HTTP/1.1\r\nX-Mirrorwaf-Truncated: 0\r\n\r\n']), ['clean'])
})

t.test('a request whose event cannot be written is lost, and counts as nothing else', async (t) => {
  class FaultyWriter extends EventWriter {
    override write(): Uint8Array {
      throw new Error('no')
    }
  }
  const inspector = new BatchInspector(built, new FaultyWriter(settings.inspection, built.engine), () => false)
  const [batch] = batchesOf([targets[3], targets[0]].map(({ target }) => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`))
  if (batch === undefined) throw new Error('no batch')
  const result = inspector.inspect(taskOf(batch))
  t.strictSame(outcomesOf(batch), ['lost', 'clean'])
  t.strictSame([result.ruleHits, result.events, result.engineErrorCount], [[], [], 1])
  t.equal(result.engineRunCount, 0)
})

t.test('a request that waited keeps what was found out about its body', async (t) => {
  const [batch] = batchesOf([`GET ${targets[1].target} HTTP/1.1\r\nHost: a\r\n\r\n`])
  if (batch === undefined) throw new Error('no batch')
  const record = new RecordReader()
  record.bind(batch.slab.buffer)
  record.open(0)
  const body = { type: null, inspectedBytes: 0, isTruncated: true, isTimedOut: true, fault: undefined }
  const { outcome, isTimedOut, isTruncated } = built.inspector.clearHeld(record, 'timed-out', body)
  t.strictSame({ outcome, isTimedOut, isTruncated }, { outcome: 'timed-out', isTimedOut: true, isTruncated: true })
})

function inspectWith(inspector: BuiltInspector, requests: readonly string[]): readonly Outcome[] {
  return inspect([], inspector, requests).outcomes
}

function inspect(
  requestTargets: readonly string[],
  by: BuiltInspector = built,
  requests: readonly string[] = requestTargets.map((target) => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`),
): Inspected {
  const inspector = new BatchInspector(by, new EventWriter(settings.inspection, by.engine), () => false)
  const decided: Outcome[] = []
  const reportedPaths: string[] = []
  const faults = new Map<BodyFault, number>()
  for (const batch of batchesOf(requests)) {
    const { events, bodyFaults } = inspector.inspect(taskOf(batch))
    for (const event of events) reportedPaths.push(JSON.parse(Buffer.from(event).toString()).request.path)
    for (const { kind, count } of bodyFaults) faults.set(kind, (faults.get(kind) ?? 0) + count)
    decided.push(...outcomesOf(batch))
  }
  return { outcomes: decided, reportedPaths, bodyFaults: faults }
}

function taskOf({ slab, recordCount }: Batch): BatchTask {
  return {
    kind: 'inspect',
    slab: slab.buffer,
    recordCount,
    distrustedAddresses: [],
    isPrefilterOff: false,
    dispatchedAtMs: Date.now(),
    dispatchedAt: process.hrtime(),
  }
}

function outcomesOf({ slab, recordCount }: Batch): readonly Outcome[] {
  const decided: Outcome[] = []
  let base = 0
  for (let index = 0; index < recordCount; index += 1) {
    decided.push(outcomes[(slab.words[base + Word.state] ?? 0) - stateDecided] ?? 'lost')
    base += (slab.words[base + Word.byteLength] ?? 0) >> 2
  }
  return decided
}

function batchesOf(all: readonly string[]): Batch[] {
  const slabs = new SlabPool(1 << 20)
  const batches: Batch[] = []
  const receiver = {
    hasIdleWorker: false,
    queuedBytes: 0,
    submit: (batch: Batch) => void batches.push(batch),
  }
  const batcher = new Batcher(slabs, receiver, { ...options, batchAgeMs: 60_000 })
  const facts = {
    methodId: 0,
    methodStart: 0,
    methodEnd: 0,
    httpVersion: 0,
    parseError: 'none' as const,
    peer: Buffer.from('192.0.2.1'),
    peerPort: 1,
    receivedAtMs: Date.now(),
  }
  const ignore = (): void => {}
  const reader = new RequestReader(
    options,
    new Staging(options, slabs, 1 << 20),
    {
      onWholeRequest: (assembly, recordFacts, chunk) => void batcher.addFromChunk(assembly, recordFacts, chunk),
      onStagedRequest: ignore,
      onShedRequest: ignore,
      onUnparsable: ignore,
      onContinueExpected: ignore,
    },
    facts,
  )
  for (const request of all) reader.consume(Buffer.from(request))
  batcher.seal()
  reader.dispose()
  return batches
}
