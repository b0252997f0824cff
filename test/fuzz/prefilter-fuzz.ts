// Differential fuzz of the prefilter against the engine: nothing that the engine reports may have been cleared.
//   npm run fuzz -- --seconds 60 --seed 1 [--all-rules] [--typed] [--rules FILE] [--only NAME] [--quiet] [--self-test]
// Exit code 1 and a reproducer on the first failure. The matrix shows what was covered: rule, address, positives.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { engineVersion } from '#src/engine/ddwaf.js'
import { defaultRulesetPath } from '#src/engine/ruleset.js'
import { isRecord, type JsonRecord } from '#src/json-shape.js'
import { CheckedPart } from './checked-part.js'
import { DifferentialPart } from './differential-part.js'
import type { FuzzPart } from './fuzz-part.js'
import { Random } from './random.js'
import { RegexPart } from './regex-part.js'
import { selfTest } from './self-test.js'
import { TransformerPart } from './transformer-part.js'

const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    rules: { type: 'string' },
    only: { type: 'string', default: '' },
    'all-rules': { type: 'boolean', default: false },
    typed: { type: 'boolean', default: false },
    'self-test': { type: 'boolean', default: false },
    quiet: { type: 'boolean', default: false },
  },
})
const seconds = Number(flags.seconds)
const seed = Number(flags.seed)

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function readRules(): JsonRecord {
  const ruleset: unknown = JSON.parse(readFileSync(flags.rules ?? defaultRulesetPath(), 'utf8'))
  if (!isRecord(ruleset)) throw new TypeError('the ruleset is no JSON object')
  return ruleset
}

function makeParts(ruleset: JsonRecord): FuzzPart[] {
  // Small tables on odd seeds.
  const tableBytes = (seed % 2 === 0 ? 64 : 4) * 1024 * 1024
  const options = { isAllEnabled: flags['all-rules'], keepsTypes: flags.typed, tableBytes, judgedShare: 0.5 }
  const random = new Random(seed)
  const parts = [
    new DifferentialPart(ruleset, engineVersion(), random, options),
    new RegexPart(random),
    new TransformerPart(random),
    new CheckedPart(random),
  ]
  const chosen = parts.filter(({ name }) => name.includes(flags.only))
  if (chosen.length === 0)
    throw new RangeError(`--only ${flags.only}: there are ${parts.map(({ name }) => name).join(', ')}`)
  return chosen
}

/** @returns false after a failure. */
function runPart(part: FuzzPart, forMs: number): boolean {
  const deadline = performance.now() + forMs
  let failure: string | undefined
  while (failure === undefined && performance.now() < deadline) failure = part.step()
  say(`== ${part.name}, seed ${seed}`)
  const lines = part.summary()
  for (const line of flags.quiet ? lines.slice(-1) : lines) say(line)
  say(failure === undefined ? 'false negatives: 0' : `FAILURE: ${failure}`)
  part.dispose()
  return failure === undefined
}

function runAll(): boolean {
  const parts = makeParts(readRules())
  const total = parts.reduce((sum, { share }) => sum + share, 0)
  return parts.map((part) => runPart(part, (seconds * 1000 * part.share) / total)).every(Boolean)
}

const isPassed = flags['self-test'] ? selfTest(readRules(), seed, seconds * 1000, say) : runAll()
if (!isPassed) process.exitCode = 1
