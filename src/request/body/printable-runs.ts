// Gives the rules the readable stretches of binary content, as `strings` does.
// Stage: [decode]. The bytes as one text would be wrong: of 400 harmless files (gz, png, gif) that way raised events on 79,
// because rules for template syntax match noise; as runs, of 517 files the same rules raised 3, and 2 on text really in them.
import type { DecodeTools } from '../decode-tools.js'
import { windowOverlapBytes } from '../text-emitter.js'
import type { ValueVisitor } from '../value-visitor.js'

/** Shortest run that counts near the start; six bytes would triple the false events (measured as above). */
const minRunBytes = 8
/** Where `minRunBytes` ends: up to here the measurement went. */
const nearBytes = 32 * 1024
/** Shortest run after that. Noise holds a run of 24 printable bytes once in 10 GB, one of 8 in every 3 KB. */
const minFarRunBytes = 24

/** A run that is sent before its end is found. */
const longRunBytes = 16 * 1024

/** Input between two accounts to the budget; one per byte of noise would double the time. */
const bytesBetweenSpends = 1024

/** Sends a list of runs of printable ASCII, tabs and line breaks. @returns false when the budget ran out. */
export function walkPrintableRuns(
  tools: DecodeTools,
  visitor: ValueVisitor,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  visitor.openList()
  let isInTime = true
  let runStart = start
  let spentUpTo = start
  for (let index = start; index <= end && isInTime && !visitor.isDone; index++) {
    if (index < end && isPrintable(bytes[index] ?? 0)) {
      if (index - runStart < longRunBytes) continue
      // A long run goes out before its end is known, so that it is seen before the budget can end.
      tools.text.append(visitor, bytes, runStart, index, true)
      isInTime = tools.budget.spend(index - spentUpTo)
      spentUpTo = index
      runStart = index - windowOverlapBytes
      continue
    }
    if (index - runStart >= (runStart - start < nearBytes ? minRunBytes : minFarRunBytes)) {
      tools.text.append(visitor, bytes, runStart, index, true)
    }
    runStart = index + 1
    if (runStart - spentUpTo < bytesBetweenSpends) continue
    isInTime = tools.budget.spend(runStart - spentUpTo)
    spentUpTo = runStart
  }
  visitor.closeList()
  return isInTime
}

function isPrintable(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || byte === 0x09 || byte === 0x0a || byte === 0x0d
}
