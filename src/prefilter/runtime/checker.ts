// Asks a small engine handle, which holds nothing but the checked operators, about single values.
// Creating a context and crossing into native code costs about 8 us, a value 0.8 us: so values go together where they can.
import type { Engine, EngineValue } from '../../engine/engine.js'
import type { Check } from '../compiled-ruleset.js'
import type { ValueStore } from './value-store.js'

/** Builds an engine from one ruleset document. */
export type EngineFactory = (rulesDocument: object) => Engine

/** Longer than any honest check of 256 values; what exceeds it counts as matched. */
const checkBudgetUs = 100_000

export class Checker {
  /** Engine calls and values, for metrics. */
  calls = 0
  values = 0
  readonly #engine: Engine | undefined
  readonly #checkCount: number

  constructor(checks: readonly Check[], createEngine: EngineFactory) {
    this.#checkCount = checks.length
    this.#engine = checks.length === 0 ? undefined : createEngine(checkDocument(checks))
  }

  /** True when one of the store's values from `first` up to `last` may match its check. */
  matchesAny(store: ValueStore, first: number, last: number): boolean {
    if (this.#engine === undefined) return first < last
    const input: Record<string, EngineValue> = Object.create(null)
    for (let check = 0; check < this.#checkCount; check++) {
      const texts = textsOf(store, check, first, last)
      if (texts.length > 0) input[checkAddress(check)] = texts
    }
    this.calls++
    this.values += last - first
    const context = this.#engine.createContext()
    try {
      const { matches, isTimedOut, errorNumber } = context.run(input, checkBudgetUs)
      return matches.length > 0 || isTimedOut || errorNumber !== undefined
    } finally {
      context.dispose()
    }
  }

  dispose(): void {
    this.#engine?.dispose()
  }
}

function textsOf(store: ValueStore, check: number, first: number, last: number): string[] {
  const texts: string[] = []
  for (let index = first; index < last; index++) if (store.checkOf(index) === check) texts.push(store.textOf(index))
  return texts
}

/** Addresses are free names to the engine. */
function checkAddress(check: number): string {
  return `mirrorwaf.check.${check}`
}

/** One rule per check; each has a type of its own, because the engine reports one match per type. */
function checkDocument(checks: readonly Check[]): object {
  return {
    version: '2.2',
    metadata: { rules_version: 'checks' },
    rules: checks.map(({ operator, transformers }, check) => ({
      id: `check-${check}`,
      name: `${operator} on single values`,
      tags: { type: `check-${check}`, category: 'check' },
      conditions: [{ operator, parameters: { inputs: [{ address: checkAddress(check) }] } }],
      transformers,
    })),
  }
}
