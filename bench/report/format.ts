// Numbers and tables for people.
import type { Interval } from '../measure/statistics.js'

/** A number with about three digits that matter: 1234567 -> `1,234,567`, 12.345 -> `12.3`. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '-'
  const size = Math.abs(value)
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** `12.3 (11.9-12.8)`, or the middle alone when there was one value. */
export function formatInterval(interval: Interval): string {
  if (interval.low === interval.high) return formatNumber(interval.mid)
  return `${formatNumber(interval.mid)} (${formatNumber(interval.low)}-${formatNumber(interval.high)})`
}

/** A table with aligned columns: the first column to the left, the others to the right. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
  const rule = widths.map((width) => '-'.repeat(width)).join('  ')
  return [line(header), rule, ...rows.map(line)].join('\n')
}
