// What the bench asks of a server under test, whichever it is.

/** How copies are answered: 204 on a kept connection, or by closing the connection. */
export type AnswerMode = 'ack' | 'hijack'

/** What a server is started for. */
export interface StartRequest {
  readonly mode: AnswerMode
  /** Every request of the run has this size; only the floor needs to know. */
  readonly requestBytes: number
  /** Core to run on; `undefined` = any. */
  readonly core: number | undefined
}

/** Totals since start, as the server itself reports them; `undefined` = it does not say. */
export interface ServerReport {
  readonly received: number | undefined
  /** Requests in which it found an attack. */
  readonly matched: number | undefined
  /** Requests that it dropped without inspecting them. */
  readonly shed: number | undefined
}

/** A server that is ready. */
export interface RunningServer {
  readonly pid: number
  readonly port: number
  /** How long after the last request it may still be working on it without using CPU in between (timers, flushes). */
  readonly flushMs: number
  /**
   * Bytes to send at most before waiting until it is idle: what answers before it inspects has a queue, and what falls out of
   * that was never inspected. Infinite for a server that answers when its work is done.
   */
  readonly burstBytes: number
  report(): Promise<ServerReport>
  stop(): Promise<void>
}

/** One of the servers that are compared. */
export interface ServerKind {
  readonly name: string
  /**
   * Starts it and waits until it is ready.
   * @throws BenchError `MWAF_BENCH_SERVER_START`.
   */
  start(request: StartRequest): Promise<RunningServer>
}

/** The report of a server that counts nothing. */
export const emptyReport: ServerReport = { received: undefined, matched: undefined, shed: undefined }
