// Differential fuzz of the prefilter against the engine: nothing that the engine reports may have been cleared.
//   npm run fuzz -- --seconds 60 --seed 1 [--all-rules] [--rules FILE] [--quiet]
// Exit code 1 and a reproducer on the first false negative; the matrix shows what was covered.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { engineVersion } from '#src/engine/ddwaf.js'
import { defaultRulesetPath } from '#src/engine/ruleset.js'
import { isRecord } from '#src/json-shape.js'
import { FuzzRun } from './fuzz-run.js'

const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    rules: { type: 'string' },
    'all-rules': { type: 'boolean', default: false },
    quiet: { type: 'boolean', default: false },
  },
})
const ruleset: unknown = JSON.parse(readFileSync(flags.rules ?? defaultRulesetPath(), 'utf8'))
if (!isRecord(ruleset)) throw new TypeError('the ruleset is no JSON object')

const run = new FuzzRun(ruleset, engineVersion(), Number(flags.seed), flags['all-rules'])
const failure = run.run(Number(flags.seconds) * 1000)
const { samples, withEvents, cleared, failed } = run.counts
const say = (line: string): void => void process.stdout.write(`${line}\n`)
if (!flags.quiet) for (const line of run.matrix.lines()) say(line)
for (const line of run.matrix.missing()) say(`fewer positives than wanted: ${line}`)
for (const line of run.matrix.strays()) say(`matched outside its inputs: ${line}`)
say(`seed ${flags.seed}: ${samples} samples, ${withEvents} with events, ${cleared} cleared, ${failed} not judged`)
if (failure === undefined) {
  say('false negatives: 0')
} else {
  say(`FALSE NEGATIVE: ${failure}`)
  process.exitCode = 1
}
run.dispose()
