// Sizes: bytes, or a number with KiB, MiB, GiB (1024) or KB, MB, GB (1000).
import type { ValueKind } from './option-kind.js'

/** Both bounds are accepted. */
export interface SizeBounds {
  readonly minBytes: number
  readonly maxBytes: number
}

/** A whole number of bytes. */
export function size({ minBytes, maxBytes }: SizeBounds): ValueKind<number> {
  const isInBounds = (value: number): boolean => value >= minBytes && value <= maxBytes
  return {
    placeholder: 'SIZE',
    accepted: `bytes or a number with KiB, MiB, GiB, KB, MB or GB, ${formatSize(minBytes)} to ${formatSize(maxBytes)}`,
    parse: (text) => {
      const value = parseSize(text)
      return value !== undefined && isInBounds(value) ? value : undefined
    },
    format: formatSize,
    check: (value) => (typeof value === 'number' && Number.isInteger(value) && isInBounds(value) ? value : undefined),
  }
}

/** Bytes of a size text; `undefined` when it is none. Suffixes in any case; fractions are not accepted. */
export function parseSize(text: string): number | undefined {
  const parts = /^(\d+) ?([kmg]i?b|b)?$/i.exec(text)
  if (parts === null) return undefined
  const factor = bytesPer.get((parts[2] ?? 'b').toLowerCase())
  return factor === undefined ? undefined : Number(parts[1]) * factor
}

/** The shortest exact text: 65536 -> "64KiB", 1000 -> "1000". */
export function formatSize(bytes: number): string {
  for (const suffix of ['GiB', 'MiB', 'KiB']) {
    const factor = bytesPer.get(suffix.toLowerCase()) ?? 1
    if (bytes > 0 && bytes % factor === 0) return `${bytes / factor}${suffix}`
  }
  return String(bytes)
}

const bytesPer: ReadonlyMap<string, number> = new Map([
  ['b', 1],
  ['kb', 1e3],
  ['mb', 1e6],
  ['gb', 1e9],
  ['kib', 2 ** 10],
  ['mib', 2 ** 20],
  ['gib', 2 ** 30],
])
