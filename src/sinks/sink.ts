// The contract between the fan-out and one destination of events.
// A sink writes one block at a time and says how that ended; queues, bounds, retries and counting are the fan-out's.

/** Whole JSON lines, each ended by "\n"; what moves through queues and is accepted or dropped as one. */
export interface EventBlock {
  readonly lines: Uint8Array
  /** Events that the lines stand for: one each, and more for a folded one. */
  readonly eventCount: number
  /** The lines that stand for several events, in order; left out: none does. */
  readonly folds?: readonly FoldedLine[]
}

/** A line that stands for several events. */
export interface FoldedLine {
  /** Position among the block's lines, from 0. */
  readonly line: number
  readonly eventCount: number
}

/** How many events the first lines of a block stand for. */
export function countEvents({ folds = [] }: EventBlock, lineCount: number): number {
  return folds.reduce((sum, { line, eventCount }) => (line < lineCount ? sum + eventCount - 1 : sum), lineCount)
}

/** How many events some lines of a block stand for. */
export function eventsAt({ folds = [] }: EventBlock, lines: readonly number[]): number {
  const further = new Map(folds.map(({ line, eventCount }) => [line, eventCount - 1]))
  return lines.reduce((sum, line) => sum + 1 + (further.get(line) ?? 0), 0)
}

/** Several blocks as one, in new bytes. */
export function joinBlocks(blocks: readonly EventBlock[]): EventBlock {
  const folds: FoldedLine[] = []
  let lineCount = 0
  let eventCount = 0
  for (const block of blocks) {
    for (const { line, eventCount } of block.folds ?? []) folds.push({ line: lineCount + line, eventCount })
    lineCount += countLines(block)
    eventCount += block.eventCount
  }
  return { lines: Buffer.concat(blocks.map(({ lines }) => lines)), eventCount, folds }
}

function countLines({ eventCount, folds = [] }: EventBlock): number {
  return folds.reduce((count, fold) => count - (fold.eventCount - 1), eventCount)
}

/**
 * Why events did not reach a destination; the label of `mirrorwaf_sink_dropped_total`.
 * `queue_full`: it is slower than the events come. `write_error`: the system refused the bytes, later ones may pass.
 * `closed`: its reader is gone for good. `rejected`: it looked at them and does not want them. `unflushed`: the process ended
 * before they were written. `lost`: the reporting thread died while it held them; an upper bound, because what a destination
 * had just taken was not confirmed yet.
 */
export const dropReasons = ['queue_full', 'write_error', 'closed', 'rejected', 'unflushed', 'lost'] as const
export type DropReason = (typeof dropReasons)[number]

export type WriteResult =
  | { readonly kind: 'written' }
  | {
      readonly kind: 'failed'
      readonly reason: 'write_error' | 'closed' | 'rejected'
      /** Events of the block that were written whole before the fault. */
      readonly writtenEvents: number
      /** What the system said, for the log. */
      readonly detail: string
      /** How long to leave the destination alone; 0 when the next block may be tried at once. */
      readonly retryAfterMs: number
    }
  | {
      /** The block is given again after a while, up to a number of times; nothing of it counts as written until then. */
      readonly kind: 'retry'
      /** Events of it that need no other try, and count as written even when the rest is given up; left out: 0. */
      readonly writtenEvents?: number
      readonly detail: string
      /** How long the destination asked for; `undefined`: it did not say. */
      readonly retryAfterMs: number | undefined
    }

/** One destination. Lives in the reporting thread. */
export interface Sink {
  /** As configured, e.g. `stdout` or `file:/var/log/events`; the label in metrics. */
  readonly name: string
  /** Whether it also takes requests without an event; they count as events do. */
  readonly takesSpans?: boolean
  /** Blocks that wait are joined up to this size before they are written; left out: each is written alone. */
  readonly batchLimitBytes?: number
  /** @throws MirrorwafError `MWAF_SINK_TARGET` when the destination cannot be written at start. */
  open(): Promise<void>
  /** Never rejects; called again only after it has settled. The bytes stay the caller's and unchanged until then. */
  write(block: EventBlock): Promise<WriteResult>
  /** Starts over with a fresh destination, e.g. after rotation; faults show in the next write. */
  reopen(): Promise<void>
  close(): Promise<void>
}

/** What one sink has done so far. */
export interface SinkTotals {
  readonly name: string
  readonly written: number
  readonly dropped: Readonly<Record<DropReason, number>>
  readonly queuedBytes: number
  /** Events that the sink was not to get: severity, type, sample. */
  readonly filtered: number
  /** Events that are counted in others because of the rate limit. */
  readonly folded: number
}

/** A count of each reason, all 0. */
export function noDrops(): Record<DropReason, number> {
  return { queue_full: 0, write_error: 0, closed: 0, rejected: 0, unflushed: 0, lost: 0 }
}

/** Events that were still queued when the sinks were closed. */
export function countUnflushed(totals: readonly SinkTotals[]): number {
  return totals.reduce((sum, { dropped }) => sum + dropped.unflushed, 0)
}

/** Something an operator should read about a sink; the main thread logs it. */
export interface SinkNotice {
  readonly level: 'info' | 'warn'
  readonly code: 'MWAF_SINK_WRITE' | 'MWAF_SINK_WAITING' | 'MWAF_SINK_RECOVERED'
  readonly details: { readonly target: string; readonly reason: string; readonly dropped: number }
}
