// The transformer ports against libddwaf: what the engine shows as the matched value is what its transformer made.
import type { Engine } from '#src/engine/engine.js'
import { type Transformer, transformers } from '#src/prefilter/transformers/transformer.js'
import { addNormalizedAscii } from '#src/prefilter/transformers/unicode-normalize.js'
import type { FuzzPart } from './fuzz-part.js'
import { engineOn } from './oracle.js'
import type { Random } from './random.js'
import { oddCharacters } from './regex-samples.js'
import { plainSoup } from './soups.js'

/** Values per engine call, each under a rule and an address of its own. */
const callSize = 100
const budgetUs = 5_000_000
const pieces: readonly string[] = [
  '%',
  '%2',
  '%25',
  '%u',
  '%U',
  '%u00',
  '0',
  '1',
  '4',
  '5',
  '2f',
  'f',
  'd8',
  '+',
  '.',
  '..',
  '/',
  './',
  '../',
  '/.',
  '/..',
  '\\',
  '"',
  "'",
  '^',
  ',',
  ';',
  ' ',
  '\t',
  '\n',
  '\v',
  '(',
  '-',
  '--',
  '#',
  '//',
  '/*',
  '*/',
  '*',
  '<',
  '!',
  '<!--',
  '-->',
  '>',
  'a',
  'B',
  'c',
  '\u0000',
  ...oddCharacters,
]

interface Subject {
  readonly name: string
  readonly transformer: Transformer
  readonly engine: Engine
  readonly trigger: RegExp
  values: number
  changed: number
}

export class TransformerPart implements FuzzPart {
  readonly name = 'transformers'
  readonly share = 0.08
  readonly #random: Random
  readonly #subjects: readonly Subject[]
  readonly #scratch = new Uint8Array(64 * 1024)
  #next = 0

  constructor(random: Random) {
    this.#random = random
    this.#subjects = [...transformers].map(([name, transformer]) => ({
      name,
      transformer,
      engine: engineOn(rulesOf(name)),
      trigger: new RegExp(transformer.trigger),
      values: 0,
      changed: 0,
    }))
  }

  step(): string | undefined {
    const subject = this.#subjects[this.#next++ % this.#subjects.length]
    if (subject === undefined) return undefined
    const values = Array.from({ length: callSize }, () => this.#value())
    const transformed = transform(subject.engine, values)
    for (const [index, value] of values.entries()) {
      const failure = this.#check(subject, value, transformed[index] ?? '')
      if (failure !== undefined) return failure
    }
    return undefined
  }

  summary(): readonly string[] {
    return this.#subjects.map(({ name, values, changed }) => `${name}: ${values} values, ${changed} changed`)
  }

  dispose(): void {
    for (const { engine } of this.#subjects) engine.dispose()
  }

  #value(): string {
    if (this.#random.chance(0.1)) return plainSoup(this.#random) || 'x'
    const count = this.#random.between(1, 14)
    return Array.from({ length: count }, () => this.#random.pick(pieces)).join('')
  }

  #check(subject: Subject, value: string, wanted: string): string | undefined {
    subject.values++
    if (wanted !== value) subject.changed++
    const where = `${subject.name} of ${JSON.stringify(value)}: the engine makes ${JSON.stringify(wanted)}`
    if (wanted !== value && !subject.trigger.test(value) && !isLowerCased(subject, value, wanted))
      return `${where}; no trigger`
    if (subject.transformer.port === undefined) return this.#checkCharacters(value, wanted, where)
    const bytes = Buffer.from(value)
    this.#scratch.set(bytes)
    const length = subject.transformer.port(this.#scratch, bytes.length)
    const made = Buffer.from(this.#scratch.subarray(0, length)).toString()
    return made === wanted ? undefined : `${where}; the port ${JSON.stringify(made)}`
  }

  /** unicode_normalize has no port: all ASCII of its result must be among what it can make. */
  #checkCharacters(value: string, wanted: string, where: string): string | undefined {
    const bytes = Buffer.from(value)
    const possible = new Uint32Array(4)
    addNormalizedAscii(bytes, 0, bytes.length, possible)
    for (const byte of Buffer.from(wanted)) {
      if (byte < 128 && (((possible[byte >> 5] ?? 0) >>> (byte & 31)) & 1) === 0)
        return `${where}; ${byte} was not expected`
    }
    return undefined
  }
}

/** cmdLine also lower-cases, which the automata take care of. */
function isLowerCased({ name }: Subject, value: string, wanted: string): boolean {
  return name === 'cmdLine' && wanted === value.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

function rulesOf(transformer: string): object {
  const rules = Array.from({ length: callSize }, (_, index) => ({
    id: String(index),
    name: transformer,
    tags: { type: String(index) },
    conditions: [{ operator: 'match_regex', parameters: { inputs: [{ address: `v${index}` }], regex: '(?s)^\\C*$' } }],
    transformers: [transformer],
  }))
  return { version: '2.2', rules }
}

function transform(engine: Engine, values: readonly string[]): string[] {
  const input: Record<string, string> = Object.create(null)
  for (const [index, value] of values.entries()) input[`v${index}`] = value
  const context = engine.createContext()
  const transformed = values.map(() => '')
  for (const { id, conditions } of context.run(input, budgetUs).matches)
    transformed[Number(id)] = conditions[0]?.value ?? ''
  context.dispose()
  return transformed
}
