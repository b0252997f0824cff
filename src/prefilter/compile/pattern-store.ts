// Builds each distinct pattern into the shared NFA once and hands out its number.

import { fireAction, isWordByte } from '../automaton/nfa.js'
import type { NfaBuilder } from '../automaton/nfa-builder.js'
import { parseRegex } from '../regex/parser.js'
import type { Matcher } from '../ruleset/condition-test.js'

/** A flag that a trigger raises: by single bytes, by patterns, or both. */
export interface StoredTrigger {
  /** One bit, or 0 when all bits are taken: then the trigger must count as fired. */
  readonly flag: number
  readonly starts: readonly number[]
  readonly isTriggerByte: (byte: number) => boolean
}

/** Bits of a flag word; the sign stays free. */
const maxFlags = 30

export class PatternStore {
  readonly #builder: NfaBuilder
  readonly #starts: number[] = []
  /** Numbers by matcher: as it is, and folded. */
  readonly #ids = [new Map<Matcher, number>(), new Map<Matcher, number>()] as const
  readonly #triggers = new Map<string, StoredTrigger>()

  constructor(builder: NfaBuilder) {
    this.#builder = builder
  }

  /** @returns the pattern's number; a matcher has one. */
  add(matcher: Matcher, isFolded: boolean): number {
    const ids = this.#ids[isFolded ? 1 : 0]
    const known = ids.get(matcher)
    if (known !== undefined) return known
    const id = this.#starts.length
    this.#starts.push(this.#build(matcher, isFolded))
    ids.set(matcher, id)
    return id
  }

  /** First node of a pattern. */
  startOf(id: number): number {
    return this.#starts[id] ?? 0
  }

  /** @param patterns - RE2, of our own: any of them raises the flag. */
  trigger(patterns: readonly string[]): StoredTrigger {
    const key = patterns.join('\n')
    const known = this.#triggers.get(key)
    if (known !== undefined) return known
    const made = this.#makeTrigger(patterns)
    this.#triggers.set(key, made)
    return made
  }

  #build(matcher: Matcher, isFolded: boolean): number {
    const fire = this.#builder.accept(fireAction)
    switch (matcher.kind) {
      case 'regex':
        return this.#builder.regex(matcher.tree, isFolded, fire)
      case 'phrases':
        return matcher.isBounded
          ? this.#bounded(matcher.phrases, isFolded, fire)
          : this.#builder.phrases(matcher.phrases, isFolded, fire)
      case 'exact': {
        const end = this.#builder.assert('textEnd', fire)
        return this.#builder.assert('textStart', this.#builder.phrases(matcher.phrases, isFolded, end))
      }
      default:
        return matcher satisfies never
    }
  }

  /**
   * The engine lets a phrase pass when at each end the phrase's own character or the one beside it is no word character
   * (tried); it tests one hit only, here any hit will do.
   */
  #bounded(phrases: readonly Uint8Array[], isFolded: boolean, fire: number): number {
    let start = -1
    const atBoundary = this.#builder.assert('wordBoundary', fire)
    for (const isWordFirst of [false, true]) {
      for (const isWordLast of [false, true]) {
        const group = phrases.filter((phrase) => hasEnds(phrase, isWordFirst, isWordLast))
        if (group.length === 0) continue
        const inner = this.#builder.phrases(group, isFolded, isWordLast ? atBoundary : fire)
        const outer = isWordFirst ? this.#builder.assert('wordBoundary', inner) : inner
        start = start === -1 ? outer : this.#builder.split(start, outer)
      }
    }
    return start
  }

  #makeTrigger(patterns: readonly string[]): StoredTrigger {
    if (this.#triggers.size >= maxFlags) return { flag: 0, starts: [], isTriggerByte: () => false }
    const accept = this.#builder.accept(fireAction + 1 + this.#triggers.size)
    const starts: number[] = []
    const sets: ((byte: number) => boolean)[] = []
    for (const pattern of patterns) {
      const parsed = parseRegex(pattern, true)
      if ('unsupported' in parsed) throw new RangeError(`trigger ${pattern}: ${parsed.unsupported}`)
      const { tree } = parsed
      if (tree.kind !== 'class') starts.push(this.#builder.regex(tree, false, accept))
      else {
        const { set } = tree
        sets.push((byte) =>
          byte < 128 ? ((set.ascii[byte >> 5] ?? 0) & (1 << (byte & 31))) !== 0 : set.high !== 'none',
        )
      }
    }
    const isTriggerByte = (byte: number): boolean => sets.some((has) => has(byte))
    return { flag: 1 << this.#triggers.size, starts, isTriggerByte }
  }
}

function hasEnds(phrase: Uint8Array, isWordFirst: boolean, isWordLast: boolean): boolean {
  return isWordByte(phrase[0] ?? 0) === isWordFirst && isWordByte(phrase.at(-1) ?? 0) === isWordLast
}
