// Keeps account of one scanned file, so that nothing in it that was not inspected reads as clean.
import { MirrorwafError } from '../../errors.js'
import type { RequestBytes, SkippedCounts } from './recorded-requests.js'
import type { ScanResult } from './request-inspector.js'

/** Counts for one file; made anew for each. */
export class FileAccount implements SkippedCounts {
  lines = 0
  /** Bytes after lost framing; set at the end of the file. */
  ignoredBytes = 0
  requestCount = 0
  /** Bytes that were taken for bodies because framing was lost. */
  #lostBytes = 0
  #emptyConnections = 0
  #connectionBytes = 0
  #connectionRequests = 0

  /** Notes what some bytes of a connection gave. */
  add({ raw, endsConnection }: RequestBytes, results: readonly ScanResult[]): void {
    const requestCount = results.length
    for (const { lost_bytes } of results) this.#lostBytes += lost_bytes
    this.requestCount += requestCount
    this.#connectionBytes += raw.length
    this.#connectionRequests += requestCount
    if (!endsConnection) return
    if (this.#connectionBytes > 0 && this.#connectionRequests === 0) this.#emptyConnections++
    this.#connectionBytes = 0
    this.#connectionRequests = 0
  }

  /** False when framing was lost, or nothing of a file that holds something was a request. A log usually has odd lines. */
  get isWhole(): boolean {
    const hasOdd = this.lines > 0 || this.#emptyConnections > 0
    return this.ignoredBytes === 0 && this.#lostBytes === 0 && !(hasOdd && this.requestCount === 0)
  }

  /** What was not inspected, in words. */
  get warnings(): readonly string[] {
    const { lines, ignoredBytes } = this
    return [
      ...(lines > 0 ? [`${lines} lines are no combined log lines and were skipped`] : []),
      ...(this.#emptyConnections > 0
        ? [`${this.#emptyConnections} entries hold no HTTP/1 request (TLS or HTTP/2 bytes)`]
        : []),
      ...(this.#lostBytes > 0 ? [describeLoss(this.#lostBytes)] : []),
      ...(ignoredBytes > 0 ? [`${ignoredBytes} bytes after broken framing could not be cut into requests`] : []),
    ]
  }
}

function describeLoss(lostBytes: number): string {
  const { code, message } = new MirrorwafError('MWAF_SCAN_FRAMING', { bytes: lostBytes })
  return `${code}: ${message}`
}
