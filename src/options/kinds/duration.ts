// Durations: Go's syntax ("1m30s", "300ms"), or a bare number in the option's own unit.
import type { ValueKind } from './option-kind.js'

/** Unit of the resolved number, which is also what a bare number means. */
export type DurationUnit = 'ms' | 'us'

/** Bounds in the option's unit, both accepted. `allowsZero`: 0 is accepted too, below `min`, and means "off" or "none". */
export interface DurationBounds {
  readonly unit: DurationUnit
  readonly min: number
  readonly max: number
  readonly allowsZero?: boolean
}

/** A whole number of milliseconds or microseconds. */
export function duration(bounds: DurationBounds): ValueKind<number> {
  const isInBounds = (value: number): boolean =>
    (value >= bounds.min && value <= bounds.max) || (value === 0 && bounds.allowsZero === true)
  const unitName = bounds.unit === 'ms' ? 'milliseconds' : 'microseconds'
  const range = `${formatDuration(bounds.min, bounds.unit)} to ${formatDuration(bounds.max, bounds.unit)}`
  return {
    placeholder: 'DURATION',
    accepted: `a duration like 1m30s or 300ms, ${bounds.allowsZero ? '0 or ' : ''}${range}; a bare number is ${unitName}`,
    parse: (text) => {
      const value = parseDuration(text, bounds.unit)
      return value !== undefined && isInBounds(value) ? value : undefined
    },
    format: (value) => formatDuration(value, bounds.unit),
    check: (value) => (typeof value === 'number' && Number.isInteger(value) && isInBounds(value) ? value : undefined),
  }
}

/**
 * Reads a duration as a whole number of `unit`, rounded up: a budget of 1 ns must not become 0, which means "off".
 * @returns `undefined` when the text is no duration; signs are not accepted.
 */
export function parseDuration(text: string, unit: DurationUnit): number | undefined {
  if (/^\d+$/.test(text)) return Number(text)
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return undefined
  let totalNs = 0
  for (const [, amount, suffix] of text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    totalNs += Number(amount) * (nanosecondsPer.get(suffix ?? '') ?? Number.NaN)
  }
  // Whole nanoseconds first: 1.1 * 1e9 is a little more than 1.1 s, and must not be rounded up for that.
  return Math.ceil((totalNs < 1 ? totalNs : Math.round(totalNs)) / nanosecondsIn[unit])
}

/** Go's syntax from the largest unit down, without zero parts: 90000 ms -> "1m30s"; 0 -> "0". */
export function formatDuration(value: number, unit: DurationUnit): string {
  let restNs = value * nanosecondsIn[unit]
  let text = ''
  for (const [suffix, lengthNs] of formatUnits) {
    const count = Math.floor(restNs / lengthNs)
    if (count > 0) text += `${count}${suffix}`
    restNs -= count * lengthNs
  }
  return text === '' ? '0' : text
}

const nanosecondsIn = { us: 1e3, ms: 1e6 } as const
/** Both code points that look like the micro sign, as Go accepts them. */
const nanosecondsPer: ReadonlyMap<string, number> = new Map([
  ['ns', 1],
  ['us', 1e3],
  ['µs', 1e3],
  ['μs', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
  ['m', 60e9],
  ['h', 3600e9],
])
const formatUnits = [
  ['h', 3600e9],
  ['m', 60e9],
  ['s', 1e9],
  ['ms', 1e6],
  ['us', 1e3],
] as const
