// What `scan` asks of the inspection: the receiver's own path from bytes to verdicts, without sockets or threads.
import type { ServeOptions } from '../../options/serve-options.js'
import type { BodyFault } from '../../request/body/body-fault.js'
import type { EventMatch } from '../../verdict/event.js'
import type { Outcome } from '../../verdict/outcome.js'

/** The verdict for one request. */
export interface ScanResult {
  readonly outcome: Outcome
  readonly matches: readonly EventMatch[]
  readonly flags: { readonly truncated: boolean; readonly aborted: boolean; readonly timed_out: boolean }
  /** What the parser refused, or `null`. */
  readonly parse_error: string | null
  /** What is wrong with the body, or `null`. */
  readonly body_fault: BodyFault | null
  /** Bytes since framing was lost: taken for this request's body, whatever they were meant to be; 0 when it was kept. */
  readonly lost_bytes: number
  readonly inspect_us: number
  /** The prefilter proved that no rule can match. */
  readonly cleared: boolean
  /** What kept the prefilter from clearing it; `null` when it did, or was not asked. */
  readonly candidate: { readonly address: string; readonly cause: string } | null
}

/** Takes the bytes of one connection after the other. */
export interface RequestInspector {
  /**
   * Takes the next bytes of the connection: requests back to back, cut anywhere.
   * @param raw - borrowed; may be reused after the call.
   * @param peer - address the connection comes from; the same for all of its bytes.
   * @returns results of the requests that ended, in order.
   */
  inspect(raw: Uint8Array, peer: string): readonly ScanResult[]
  /** The connection ends: what has begun is inspected as aborted, and the next bytes begin a new connection. */
  finish(): readonly ScanResult[]
  /** Bytes so far that could not be cut into requests, because framing was lost before them. */
  readonly ignoredBytes: number
  /** Gives back native memory. */
  dispose(): void
}

/** Builds an inspector; throws coded errors if engine or ruleset cannot be loaded. */
export type InspectorFactory = (options: ServeOptions) => Promise<RequestInspector>
