// Compares two rulesets on the same requests: which hits each rule gains and loses.
import type { EventRule } from '../../verdict/event.js'
import { visible } from '../../visible.js'
import type { ScanResult } from './request-inspector.js'

/** Requests that one rule hits, with the old rules and with the new. */
export interface RuleChange {
  readonly id: string
  readonly name: string
  baselineCount: number
  currentCount: number
  /** Hits that only the new rules have. */
  gainedCount: number
  /** Hits that only the old rules have, on requests where the new ones report nothing of the rule's type. */
  lostCount: number
  /**
   * Hits that only the old rules have, but the new ones report another rule of the same type: the engine reports one rule
   * per type and request, and which one is not defined. No loss.
   */
  movedCount: number
}

/** Gathers differences request by request. Bounded by the number of rules. */
export class BaselineComparison {
  requestCount = 0
  readonly #changes = new Map<string, RuleChange>()

  /** One request, as inspected with each ruleset. */
  add(baseline: ScanResult, current: ScanResult): void {
    this.requestCount++
    const before = rulesById(baseline)
    const after = rulesById(current)
    const typesAfter = new Set([...after.values()].map(typeOf))
    for (const rule of before.values()) {
      const change = this.#changeOf(rule)
      change.baselineCount++
      if (after.has(rule.id)) continue
      if (typesAfter.has(typeOf(rule))) change.movedCount++
      else change.lostCount++
    }
    for (const rule of after.values()) {
      const change = this.#changeOf(rule)
      change.currentCount++
      if (!before.has(rule.id)) change.gainedCount++
    }
  }

  /** Rules that hit anything, by id. */
  get changes(): readonly RuleChange[] {
    return [...this.#changes.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  get hasLosses(): boolean {
    return this.changes.some(({ lostCount }) => lostCount > 0)
  }

  #changeOf({ id, name }: EventRule): RuleChange {
    const known = this.#changes.get(id)
    if (known !== undefined) return known
    const change = { id, name, baselineCount: 0, currentCount: 0, gainedCount: 0, lostCount: 0, movedCount: 0 }
    this.#changes.set(id, change)
    return change
  }
}

/** One JSON document. */
export function renderComparisonJson(comparison: BaselineComparison): string {
  const rules = comparison.changes.map(({ id, name, ...counts }) => ({
    id,
    name,
    baseline: counts.baselineCount,
    current: counts.currentCount,
    gained: counts.gainedCount,
    lost: counts.lostCount,
    moved: counts.movedCount,
  }))
  return `${JSON.stringify({ requests: comparison.requestCount, rules }, undefined, 2)}\n`
}

/** A line for each rule whose hits differ, losses first. */
export function renderComparisonText(comparison: BaselineComparison): string {
  const differing = comparison.changes
    .filter(({ gainedCount, lostCount, movedCount }) => gainedCount + lostCount + movedCount > 0)
    .sort((a, b) => b.lostCount - a.lostCount)
  const lines = differing.map(
    ({ id, name, baselineCount, currentCount, gainedCount, lostCount, movedCount }) =>
      `  ${visible(id.padEnd(12))} ${baselineCount} -> ${currentCount} hits ` +
      `(gained ${gainedCount}, lost ${lostCount}, moved ${movedCount})  ${visible(name)}`,
  )
  const verdict = lines.length === 0 ? 'no rule differs' : `${lines.length} rules differ`
  return `${[`${comparison.requestCount} requests: ${verdict}`, ...lines].join('\n')}\n`
}

function rulesById({ matches }: ScanResult): Map<string, EventRule> {
  return new Map(matches.map(({ rule }) => [rule.id, rule]))
}

function typeOf({ tags }: EventRule): string {
  const { type } = tags
  return type ?? ''
}
