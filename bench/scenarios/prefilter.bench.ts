// What a worker pays per benign request to clear it: decoding, scanning, confirming; replayed, on requests of another seed,
// and on text unlike anything it was warmed up with. One JSON line per measurement, microseconds per request.
// Run: node build/bench/scenarios/prefilter.bench.js [REQUESTS_PER_CORPUS]
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RecordReader } from '#src/batch/record-reader.js'
import { engineVersion } from '#src/engine/ddwaf.js'
import { parseRulesetDocument, readRuleset } from '#src/engine/ruleset.js'
import { compilePrefilter } from '#src/prefilter/compile-ruleset.js'
import { createPrefilter } from '#src/prefilter/create-prefilter.js'
import { DecodeBudget } from '#src/request/decode-budget.js'
import { RequestWalker } from '#src/request/request-walker.js'
import type { AddressSink, ValueVisitor } from '#src/request/value-visitor.js'
import { createCheckEngine } from '#src/worker/build-inspector.js'
import type { BenchRequest } from '../corpora/bench-request.js'
import { type CorpusName, generateRequests } from '../corpora/corpus.js'
import { makeBenchRecord } from './bench-record.js'
import { benchWalkSettings } from './bench-walk-settings.js'

const requestCount = Number(process.argv[2] ?? 2000)
/** Requests whose flagged values are confirmed together; what a busy listener puts into a batch. */
const batchSize = 32
/** The best of these is reported: the machine may be shared, and the best round was disturbed least. */
const rounds = 15
const seed = 11
const heldOutSeed = 4711

/** Costs nothing itself: what is left is decoding. */
class BlindVisitor implements AddressSink, ValueVisitor {
  readonly isDone = false
  address(): ValueVisitor {
    return this
  }
  openMap(): void {}
  closeMap(): void {}
  openList(): void {}
  closeList(): void {}
  key(): void {}
  string(): void {}
  number(): void {}
  boolean(): void {}
  nil(): void {}
}

const now = (): number => performance.now()
const { documents } = await readRuleset([])
const compileStartedAt = now()
const compiled = compilePrefilter(documents.map(parseRulesetDocument), engineVersion())
const compileMs = now() - compileStartedAt
const prefilter = createPrefilter(compiled, {
  createEngine: createCheckEngine,
  now,
})
const warmUpStartedAt = now()
const warmUpRequests = prefilter.warmUp()
const budget = new DecodeBudget()
const walker = new RequestWalker(benchWalkSettings, budget)
const blind = new BlindVisitor()

/** Candidates of the pass at hand, and what made them. */
const causes = new Map<string, number>()

function note(cause: string): void {
  causes.set(cause, (causes.get(cause) ?? 0) + 1)
}

function settle(): void {
  prefilter.settle((_, isCleared) => {
    if (!isCleared) note('confirmed by the engine')
  })
}

function decode(record: RecordReader): void {
  walker.walkHead(record, blind)
  walker.walkBody(record, blind)
}

function scan(record: RecordReader): void {
  prefilter.reset()
  walker.walkHead(record, prefilter.sink)
  if (!prefilter.isCandidate) walker.walkBody(record, prefilter.sink)
}

function screen(record: RecordReader, index: number): void {
  scan(record)
  if (prefilter.isPending) prefilter.hold(index)
  else if (prefilter.isCandidate) note(prefilter.reason?.cause ?? '')
  if (index % batchSize === batchSize - 1 || prefilter.mustSettle) settle()
}

type Step = (record: RecordReader, index: number) => void

function passUs(records: readonly RecordReader[], step: Step): number {
  const startedAt = now()
  for (const [index, record] of records.entries()) step(record, index)
  settle()
  return ((now() - startedAt) * 1000) / records.length
}

function bestUs(records: readonly RecordReader[], step: Step): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round++) best = Math.min(best, passUs(records, step))
  return best
}

/** @returns the 50th and 99th percentile of single requests, each in its best round: a batch is confirmed at its end. */
function percentiles(records: readonly RecordReader[]): { p50: number; p99: number } {
  const times = new Float64Array(records.length).fill(Number.POSITIVE_INFINITY)
  for (let round = 0; round < 5; round++) {
    for (const [index, record] of records.entries()) {
      const startedAt = now()
      screen(record, index)
      times[index] = Math.min(times[index] ?? 0, (now() - startedAt) * 1000)
    }
    settle()
  }
  times.sort()
  const at = (share: number): number => round2(times[Math.floor(times.length * share)] ?? 0)
  return { p50: at(0.5), p99: at(0.99) }
}

function round2(value: number): number {
  return Math.round(value * 100) / 100
}

function say(measurement: string, figures: object): void {
  const { states, tableBytes, flushes, transitions } = prefilter.stats
  process.stdout.write(`${JSON.stringify({ measurement, ...figures, states, tableBytes, flushes, transitions })}\n`)
}

function recordsOf(corpus: CorpusName, from: number): RecordReader[] {
  return [...generateRequests(corpus, from, requestCount)].map(makeBenchRecord)
}

/** @param name - printed; the first pass is measured as it comes. */
function measureText(name: string, records: readonly RecordReader[]): void {
  for (const pass of ['first pass', 'second pass']) {
    causes.clear()
    const us = round2(passUs(records, screen))
    say(`${name}, ${pass}`, { us, candidates: Object.fromEntries(causes) })
  }
  say(`${name}, percentiles`, percentiles(records))
}

/** Lines of the READMEs of installed packages, as a query value and as a JSON value each. */
function readmeRequests(): BenchRequest[] {
  const modules = fileURLToPath(new URL('../../../node_modules', import.meta.url))
  const lines = readdirSync(modules).flatMap((name) => readLines(join(modules, name, 'README.md')))
  return Array.from({ length: requestCount * 3 }, (_, index) => {
    const [inQuery, inBody] = [lines[(index * 7919) % lines.length], lines[(index * 104_729) % lines.length]]
    return {
      method: 'POST',
      target: `/docs?q=${encodeURIComponent(inQuery?.slice(0, 200) ?? '')}`,
      headers: [
        ['Host', 'docs.example'],
        ['Content-Type', 'application/json'],
      ],
      body: JSON.stringify({ text: inBody }),
      isAttack: false,
    }
  })
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line.trim().length > 3)
  } catch {
    // Not every package has one.
    return []
  }
}

say('start', { compileMs: round2(compileMs), warmUpMs: round2(now() - warmUpStartedAt), warmUpRequests })
for (const corpus of ['get', 'json', 'form', 'mix'] as const) {
  measureText(`${corpus}, held-out seed`, recordsOf(corpus, heldOutSeed))
  const records = recordsOf(corpus, seed)
  say(`${corpus}, replayed`, {
    decodeUs: round2(bestUs(records, decode)),
    withScanUs: round2(bestUs(records, scan)),
    withConfirmUs: round2(bestUs(records, screen)),
  })
}
measureText('readme lines', readmeRequests().map(makeBenchRecord))
for (const table of prefilter.stats.tables) process.stdout.write(`${JSON.stringify(table)}\n`)
prefilter.dispose()
