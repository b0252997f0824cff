// Does the fuzz find faults at all? A fault is planted in a randomly drawn condition of the ruleset that the prefilter is
// built from; the engine keeps the right one. Every fault must show as a false negative.
import { engineVersion } from '#src/engine/ddwaf.js'
import { isRecord, type JsonRecord, listOf, recordOf } from '#src/json-shape.js'
import { parseRegex } from '#src/prefilter/regex/parser.js'
import { DifferentialPart } from './differential-part.js'
import { Random } from './random.js'
import { findTargets } from './rule-targets.js'

const draws = 20
const headers = 'server.request.headers.no_cookies'

/** @returns true when every planted fault was found within its share of the time. */
export function selfTest(ruleset: JsonRecord, seed: number, forMs: number, say: (line: string) => void): boolean {
  const random = new Random(seed)
  let found = 0
  for (let draw = 0; draw < draws; draw++) {
    const fault = plant(ruleset, random)
    const options = { isAllEnabled: false, keepsTypes: false, tableBytes: 32 * 1024 * 1024, judgedShare: 0 }
    const part = new DifferentialPart(ruleset, engineVersion(), random, options, fault.ruleset)
    const deadline = performance.now() + forMs / draws
    let failure: string | undefined
    while (failure === undefined && performance.now() < deadline) failure = part.step()
    part.dispose()
    if (failure !== undefined) found++
    say(`${failure === undefined ? 'MISSED' : 'found '} ${fault.description} after ${part.counts.samples} samples`)
  }
  say(`${found} of ${draws} planted faults found`)
  return found === draws
}

interface Fault {
  readonly ruleset: JsonRecord
  readonly description: string
}

/** Draws a rule that requests can match, one of its conditions, and a small damage to it. */
function plant(ruleset: JsonRecord, random: Random): Fault {
  for (;;) {
    const { ruleId } = random.pick(findTargets([ruleset], engineVersion()))
    const rule = ['rules', 'rules_compat']
      .flatMap((section) => listOf(ruleset[section]))
      .filter(isRecord)
      .find(({ id }) => id === ruleId)
    const conditions = listOf(rule?.['conditions']).map(recordOf)
    if (rule === undefined || conditions.length !== 1) continue
    const damaged = damage(recordOf(conditions[0]?.['parameters']), random)
    if (damaged === undefined) continue
    const faulty = { ...rule, conditions: [{ ...conditions[0], parameters: damaged.parameters }] }
    const replace = (each: unknown): unknown => (each === rule ? faulty : each)
    return {
      ruleset: {
        ...ruleset,
        rules: listOf(ruleset['rules']).map(replace),
        rules_compat: listOf(ruleset['rules_compat']).map(replace),
      },
      description: `${ruleId}: ${damaged.description}`,
    }
  }
}

interface Damage {
  readonly parameters: JsonRecord
  readonly description: string
}

function damage(parameters: JsonRecord, random: Random): Damage | undefined {
  const { regex, list, inputs } = parameters
  if (random.chance(0.3) && listOf(inputs).length > 1) return dropInputs(parameters, random)
  if (typeof regex === 'string') {
    const changed = damageRegex(regex, random)
    if (changed === undefined) return undefined
    return { parameters: { ...parameters, regex: changed }, description: `the regex became ${changed.slice(0, 120)}` }
  }
  if (listOf(list).length > 0 && listOf(list).length < 50) {
    const at = random.below(listOf(list).length)
    return {
      parameters: { ...parameters, list: listOf(list).toSpliced(at, 1) },
      description: `the phrase ${String(listOf(list)[at])} is gone`,
    }
  }
  return undefined
}

/** Headers, or all else: places whose rules are nearly the same share an automaton, so one of them alone is not missed. */
function dropInputs(parameters: JsonRecord, random: Random): Damage | undefined {
  const inputs = listOf(parameters['inputs']).map(recordOf)
  const isHeaders = random.chance(0.5)
  const isDropped = ({ address }: JsonRecord): boolean => (address === headers) === isHeaders
  const left = inputs.filter((input) => !isDropped(input))
  if (left.length === inputs.length || inputs.every(isDropped)) return undefined
  return { parameters: { ...parameters, inputs: left }, description: 'the inputs of some addresses are gone' }
}

/** Swaps one literal letter for another, so that some matches are missed and the rest stays. */
function damageRegex(regex: string, random: Random): string | undefined {
  // Not inside brackets, where the letter may be one of many.
  const letters = [...regex.matchAll(/(?<![\\{(?<:,0-9])[a-z](?![}*?])(?![^[]*\])/g)].map(({ index }) => index)
  if (letters.length === 0) return undefined
  const at = random.pick(letters)
  const changed = `${regex.slice(0, at)}~${regex.slice(at + 1)}`
  return 'unsupported' in parseRegex(changed, true) ? undefined : changed
}
