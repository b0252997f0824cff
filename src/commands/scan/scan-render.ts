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

/** Nothing for a clean request without a fault, else its outcome, what is wrong with it and what matched where. */
export function renderResultText(result: ScanResult, { file, number }: RequestPlace): string {
  const faults = faultsOf(result)
  if (result.outcome === 'clean' && faults.length === 0) return ''
  const shownFaults = faults.length === 0 ? '' : ` (${faults.join('; ')})`
  const lines = [`${visible(file)}#${number} ${result.outcome}${shownFaults}`]
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

function faultsOf({ parse_error, body_fault, lost_bytes }: ScanResult): readonly string[] {
  return [
    ...(parse_error === null ? [] : [`parse error: ${visible(parse_error)}`]),
    ...(lost_bytes === 0 ? [] : [`${lost_bytes} bytes behind lost framing`]),
    ...(body_fault === null ? [] : [`body fault: ${body_fault}`]),
  ]
}

/** A line of a terminal; the JSON output has the whole value. */
const shownValueLimit = 120
