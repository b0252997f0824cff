// Sends text of unknown making: as text if it looks like text, else its readable stretches.
// Stage: [decode].
import type { DecodeTools } from '../decode-tools.js'
import type { ValueVisitor } from '../value-visitor.js'
import { looksBinary } from './body-kind.js'
import { walkPrintableRuns } from './printable-runs.js'

/** Sends one value: a string, or a list of its windows, readings or runs. */
export function walkLooseText(
  tools: DecodeTools,
  visitor: ValueVisitor,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  if (looksBinary(bytes, start, end)) walkPrintableRuns(tools, visitor, bytes, start, end)
  else tools.text.value(visitor, bytes, start, end, false)
}
