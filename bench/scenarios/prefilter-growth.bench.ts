// Do the tables stay within their bound when the vocabulary never stops growing? Every request brings words, paths and
// parameters never seen before; table bytes, flushes and cost are printed as it goes, one JSON line per step.
// Run: node build/bench/scenarios/prefilter-growth.bench.js [REQUESTS] [TABLE_MIB]
import { engineVersion } from '#src/engine/ddwaf.js'
import { parseRulesetDocument, readRuleset } from '#src/engine/ruleset.js'
import { compilePrefilter } from '#src/prefilter/compile-ruleset.js'
import { createPrefilter } from '#src/prefilter/create-prefilter.js'
import { DecodeBudget } from '#src/request/decode-budget.js'
import { RequestWalker } from '#src/request/request-walker.js'
import { createCheckEngine } from '#src/worker/build-inspector.js'
import { generateRequests } from '../corpora/corpus.js'
import { makeBenchRecord } from './bench-record.js'
import { benchWalkSettings } from './bench-walk-settings.js'

const requestCount = Number(process.argv[2] ?? 1_000_000)
const tableMib = Number(process.argv[3] ?? 32)
const steps = 20
const seed = 23

const { documents } = await readRuleset([])
const prefilter = createPrefilter(compilePrefilter(documents.map(parseRulesetDocument), engineVersion()), {
  createEngine: createCheckEngine,
  now: () => performance.now(),
  limits: { tableBytes: tableMib * 1024 * 1024 },
})
prefilter.warmUp()
const walker = new RequestWalker(benchWalkSettings, new DecodeBudget())

let count = 0
let candidates = 0
let spentMs = 0
let peakTableBytes = 0
for (const request of generateRequests('vocabulary', seed, requestCount)) {
  const record = makeBenchRecord(request)
  const startedAt = performance.now()
  prefilter.reset()
  walker.walkHead(record, prefilter.sink)
  if (!prefilter.isCandidate) walker.walkBody(record, prefilter.sink)
  if (!prefilter.isCleared) candidates++
  spentMs += performance.now() - startedAt
  count++
  if (count % Math.ceil(requestCount / steps) === 0) report()
}
prefilter.dispose()

function report(): void {
  const { tableBytes, states, flushes, refusedByRequest, refusedByRate } = prefilter.stats
  peakTableBytes = Math.max(peakTableBytes, tableBytes)
  const meanUs = Math.round((spentMs * 10_000) / Math.ceil(requestCount / steps)) / 10
  const figures = {
    count,
    meanUs,
    candidates,
    tableBytes,
    peakTableBytes,
    states,
    flushes,
    refusedByRequest,
    refusedByRate,
  }
  process.stdout.write(`${JSON.stringify(figures)}\n`)
  spentMs = 0
}
