// The contract between the fan-out and one destination of events.
// A sink writes one block at a time and says how that ended; queues, bounds, retries and counting are the fan-out's.

/** Whole JSON lines, each ended by "\n"; what moves through queues and is accepted or dropped as one. */
export interface EventBlock {
  readonly lines: Uint8Array
  readonly eventCount: number
}

/**
 * Why events did not reach a destination; the label of `mirrorwaf_sink_dropped_total`.
 * `queue_full`: it is slower than the events come. `write_error`: the system refused the bytes, later ones may pass.
 * `closed`: its reader is gone for good. `rejected`: it looked at them and does not want them. `unflushed`: the process ended
 * before they were written.
 */
export const dropReasons = ['queue_full', 'write_error', 'closed', 'rejected', 'unflushed'] as const
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
      /** Nothing of the block counts as written; it is given again after a while, up to a number of times. */
      readonly kind: 'retry'
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
