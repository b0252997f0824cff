// How much can a sender make the prefilter cost? A search for values of 1 KB that take longest: hill climbing over splices of
// the beginnings of what rules look for. A value that fires early costs little, so the search finds those that do not.
// Run: node build/bench/scenarios/prefilter-hostile.bench.js [SECONDS] [SEED]
import { engineVersion } from '#src/engine/ddwaf.js'
import { parseRulesetDocument, readRuleset } from '#src/engine/ruleset.js'
import { listOf, recordOf, textOf } from '#src/json-shape.js'
import { compilePrefilter } from '#src/prefilter/compile-ruleset.js'
import { createPrefilter } from '#src/prefilter/create-prefilter.js'
import { createCheckEngine } from '#src/worker/build-inspector.js'
import { SeededRandom } from '../corpora/random.js'

const seconds = Number(process.argv[2] ?? 60)
const random = new SeededRandom(Number(process.argv[3] ?? 1))
const valueBytes = 1024
const populationSize = 24
/** Values that count for the figures: the best found. */
const reported = 200

const { documents } = await readRuleset([])
const rulesets = documents.map(parseRulesetDocument)
const prefilter = createPrefilter(compilePrefilter(rulesets, engineVersion()), {
  createEngine: createCheckEngine,
  now: () => performance.now(),
  // The share of time is what stops a flood of such values; here each single one is to show what it can cost.
  limits: { timeShare: 1, burstMs: Number.POSITIVE_INFINITY },
})
prefilter.warmUp()

const pieces = rulesets.flatMap((ruleset) => listOf(ruleset['rules']).flatMap(piecesOf))

/** Literal parts of a rule's patterns and phrases. */
function piecesOf(rule: unknown): string[] {
  return listOf(recordOf(rule)['conditions']).flatMap((condition) => {
    const { regex, list } = recordOf(recordOf(condition)['parameters'])
    const phrases = listOf(list)
      .slice(0, 40)
      .map((phrase) => textOf(phrase))
    const literals = textOf(regex)
      .replace(/\\[a-zA-Z]/g, ' ')
      .split(/[\\()[\]{}|?*+^$]+/)
    return [...phrases, ...literals].filter((piece) => piece.length > 1)
  })
}

function piece(): string {
  const whole = random.pick([
    pieces[random.integer(0, pieces.length - 1)] ?? ' ',
    ' ',
    '=',
    '"',
    '/',
    '<a ',
    '-',
    ':',
    'x',
  ])
  const cut = whole.slice(0, random.integer(1, Math.max(1, whole.length - 1)))
  return random.chance(0.3) ? `${cut} ` : cut
}

function freshValue(): string {
  let value = ''
  while (value.length < valueBytes) value += piece()
  return value.slice(0, valueBytes)
}

function vary(value: string): string {
  const at = random.integer(0, value.length)
  const replaced = random.integer(1, 60)
  return (value.slice(0, at) + piece() + piece() + value.slice(at + replaced) + freshValue()).slice(0, valueBytes)
}

interface Cost {
  readonly us: number
  readonly transitions: number
  /** Table flushes on the way: their cost belongs to the value that met them. */
  readonly flushes: number
}

function costOf(value: string): Cost {
  const bytes = Buffer.from(value).subarray(0, valueBytes)
  const { transitions, flushes } = prefilter.stats
  const startedAt = performance.now()
  prefilter.reset()
  prefilter.sink.address('server.request.body').string(bytes, 0, bytes.length)
  const us = (performance.now() - startedAt) * 1000
  const after = prefilter.stats
  return { us, transitions: after.transitions - transitions, flushes: after.flushes - flushes }
}

/** Every value is new to the automata when it is measured: measuring it once more would find its states built. */
const costs: Cost[] = []
let population = Array.from({ length: populationSize }, () => ({ value: freshValue(), us: 0 }))
const deadline = performance.now() + seconds * 1000
while (performance.now() < deadline) {
  const children = population
    .flatMap(({ value }) => [vary(value), vary(value)])
    .map((value) => {
      const cost = costOf(value)
      costs.push(cost)
      return { value, us: cost.us }
    })
  // Parents are not kept: their states are built, and what counts is what comes of them.
  population = [...children.sort((left, right) => right.us - left.us).slice(0, populationSize - 4)]
  while (population.length < populationSize) population.push({ value: freshValue(), us: 0 })
}
costs.sort((left, right) => right.us - left.us)
const mean = (values: readonly Cost[]): number =>
  Math.round(values.reduce((sum, { us }) => sum + us, 0) / values.length)
const figures = {
  values: costs.length,
  meanUsPerKb: mean(costs),
  worstMeanUsPerKb: mean(costs.slice(0, reported)),
  p99Us: Math.round(costs[Math.floor(costs.length / 100)]?.us ?? 0),
  maxUs: Math.round(costs[0]?.us ?? 0),
  transitionsPerValue: Math.round(costs.reduce((sum, { transitions }) => sum + transitions, 0) / costs.length),
  costliest: costs.slice(0, 5),
  // A value that took long without transitions waited for its processor; these took long for work.
  mostTransitions: costs.toSorted((left, right) => right.transitions - left.transitions).slice(0, 5),
  stats: { ...prefilter.stats, tables: undefined },
}
process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\n`)
prefilter.dispose()
