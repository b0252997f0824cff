// Counts events per minute under type, rule, route and client. What a sender can name is bounded: names beyond the bound of a
// minute count together under `otherName`.
import type { StatementSync } from './database.js'
import { type Dimension, dimensions, type EventFacts, namesOf } from './event-facts.js'

export const minuteMs = 60_000

/** Stands for all names of a minute beyond its bound. No route, client, rule or type is empty. */
export const otherName = ''

/**
 * Names of one minute. Rules and types come from the ruleset, so their bounds only guard against absurd ones; routes and
 * clients are chosen by senders, and a hundred of a minute is more than anybody reads.
 */
export const nameLimits: Readonly<Record<Dimension, number>> = {
  all: 1,
  type: 200,
  rule: 1000,
  route: 100,
  client: 100,
}

/** Minutes whose names are remembered; older ones are read again when a late event comes. */
const rememberedMinutes = 8

/** Statements on the rollup table, prepared once. */
export interface RollupStatements {
  /** Dimension, minute, name, count. */
  readonly upsert: StatementSync
  /** Dimension, minute. Gives `name`. */
  readonly namesOfMinute: StatementSync
}

interface Count {
  readonly dimension: number
  readonly minute: number
  readonly name: string
  count: number
}

/** The counts of the transaction at hand. */
export class RollupTally {
  readonly #statements: RollupStatements
  readonly #known = new Map<number, ReadonlyMap<Dimension, Set<string>>>()
  readonly #pending = new Map<string, Count>()

  constructor(statements: RollupStatements) {
    this.#statements = statements
  }

  add(facts: EventFacts): void {
    const minute = Math.floor(facts.atMs / minuteMs)
    const known = this.#namesOf(minute)
    for (const dimension of dimensions) {
      for (const name of namesOf(facts, dimension)) this.#count(dimension, minute, name, known.get(dimension))
    }
  }

  /** Writes the counts; inside the transaction of their events, so that both are there or neither. @returns how many rows. */
  write(): number {
    const rowCount = this.#pending.size
    for (const { dimension, minute, name, count } of this.#pending.values()) {
      this.#statements.upsert.run(dimension, minute, name, count)
    }
    this.#pending.clear()
    return rowCount
  }

  /** Forgets what was not written: the transaction failed. */
  discard(): void {
    this.#pending.clear()
    this.#known.clear()
  }

  #count(dimension: Dimension, minute: number, name: string, known: Set<string> | undefined): void {
    const isNamed = known?.has(name) === true || (known?.size ?? 0) < nameLimits[dimension]
    if (isNamed) known?.add(name)
    const shown = isNamed ? name : otherName
    const index = dimensions.indexOf(dimension)
    const key = `${index} ${minute} ${shown}`
    const entry = this.#pending.get(key)
    if (entry === undefined) this.#pending.set(key, { dimension: index, minute, name: shown, count: 1 })
    else entry.count += 1
  }

  #namesOf(minute: number): ReadonlyMap<Dimension, Set<string>> {
    const remembered = this.#known.get(minute)
    if (remembered !== undefined) return remembered
    const read = new Map(dimensions.map((dimension, index) => [dimension, this.#readNames(index, minute)] as const))
    this.#known.set(minute, read)
    if (this.#known.size > rememberedMinutes) this.#known.delete(Math.min(...this.#known.keys()))
    return read
  }

  #readNames(dimension: number, minute: number): Set<string> {
    const rows = this.#statements.namesOfMinute.all(dimension, minute)
    return new Set(rows.map(({ name }) => String(name)).filter((name) => name !== otherName))
  }
}
