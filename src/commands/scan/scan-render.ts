// Renders scan results: one JSON line per request, or text that shows what is not clean.
import { type Outcome, outcomes } from '../../verdict/outcome.js'
import { excerpt, visible } from '../../visible.js'
import type { ScanResult } from './request-inspector.js'

/** Which request a result is about. */
export interface RequestPlace {
  readonly file: string
  /** 1 = the first of its file. */
  readonly number: number
}

/** One line of JSON. */
export function renderResultJson(result: ScanResult, { file, number }: RequestPlace): string {
  return `${JSON.stringify({ ...result, file, request: number })}\n`
}

/** Nothing for a clean request, else its outcome and what matched where. */
export function renderResultText(result: ScanResult, { file, number }: RequestPlace): string {
  if (result.outcome === 'clean' && result.parse_error === null) return ''
  const fault = result.parse_error === null ? '' : ` (parse error: ${visible(result.parse_error)})`
  const lines = [`${visible(file)}#${number} ${result.outcome}${fault}`]
  for (const { rule, matches } of result.matches) {
    const { type } = rule.tags
    lines.push(`  ${visible(`${rule.id} ${rule.name} (${type ?? 'no type'})`)}`)
    for (const { address, key_path, value } of matches) {
      const path = [address, ...key_path].map(visible).join(' / ')
      lines.push(`    ${path} = "${excerpt(value, shownValueLimit)}"`)
    }
  }
  return `${lines.join('\n')}\n`
}

/** `1000 requests: 2 matched, 998 clean`. */
export function renderSummary(counts: ReadonlyMap<Outcome, number>): string {
  const parts = outcomes.flatMap((outcome) => {
    const count = counts.get(outcome) ?? 0
    return count === 0 ? [] : [`${count} ${outcome}`]
  })
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
  return `${total} requests${parts.length === 0 ? '' : `: ${parts.join(', ')}`}\n`
}

/** A line of a terminal; the JSON output has the whole value. */
const shownValueLimit = 120
