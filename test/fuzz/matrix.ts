// Which rules were seen to match, and where: the proof that a run looked at all of the ruleset.
import type { Hit } from './oracle.js'
import type { RuleTarget } from './rule-targets.js'

/** Positives wanted per rule, and per rule and address. */
export const wantedPerRule = 100
export const wantedPerCell = 20

interface Cell {
  readonly target: RuleTarget
  readonly address: string
  count: number
}

export class Matrix {
  readonly #cells = new Map<string, Cell>()
  readonly #strays = new Map<string, number>()

  constructor(targets: readonly RuleTarget[]) {
    for (const target of targets) {
      for (const { address } of target.conditions[0]?.inputs ?? []) {
        this.#cells.set(keyOf(target.ruleId, address), { target, address, count: 0 })
      }
    }
  }

  add({ ruleId, address }: Hit): void {
    const cell = this.#cells.get(keyOf(ruleId, address))
    if (cell !== undefined) cell.count++
    else this.#strays.set(keyOf(ruleId, address), (this.#strays.get(keyOf(ruleId, address)) ?? 0) + 1)
  }

  /** The cells seen least, to aim at next. */
  scarce(count: number): readonly { readonly target: RuleTarget; readonly address: string }[] {
    return [...this.#cells.values()].sort((left, right) => left.count - right.count).slice(0, count)
  }

  /** Cells that have fewer positives than wanted. */
  missing(): string[] {
    return [...this.#cells.values()]
      .filter(({ count }) => count < wantedPerCell)
      .map(({ target, address, count }) => `${target.ruleId} at ${address}: ${count}`)
  }

  /** One line per rule. */
  lines(): string[] {
    const byRule = Map.groupBy(this.#cells.values(), ({ target }) => target.ruleId)
    return [...byRule].map(([ruleId, cells]) => {
      const total = cells.reduce((sum, { count }) => sum + count, 0)
      const places = cells.map(({ address, count }) => `${shortName(address)} ${count}`).join(', ')
      return `${ruleId.padEnd(14)} ${String(total).padStart(7)}${total < wantedPerRule ? ' !' : '  '} ${places}`
    })
  }

  strays(): string[] {
    return [...this.#strays].map(([key, count]) => `${key}: ${count}`)
  }
}

function keyOf(ruleId: string, address: string): string {
  return `${ruleId} at ${address}`
}

function shortName(address: string): string {
  return address.replace('server.request.', '')
}
