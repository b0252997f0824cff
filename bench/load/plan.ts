// What a sender is asked to do and what it answers; both are plain values that cross a process boundary.
import type { CorpusName } from '../corpora/corpus.js'

/** When requests are sent. */
export type Pacing =
  /** Each connection sends its next request as soon as the last one is answered, `maxRequests` in all. */
  | { readonly kind: 'closed'; readonly maxRequests: number }
  /** Requests are due at times of their own, whatever the server does; latency counts from when a request was due. */
  | { readonly kind: 'open'; readonly perSecond: number; readonly arrivals: 'fixed' | 'poisson' }

/** One stream of requests. */
export interface StreamPlan {
  readonly label: string
  readonly corpus: CorpusName
  readonly seed: number
  /**
   * `kept`: keep-alive, each request answered. `one-shot`: a connection per request, which ends with the server's FIN.
   * `brief`: a connection per request, closed from this side once it is answered.
   */
  readonly connection: 'kept' | 'one-shot' | 'brief'
  /** Connections at the same time. */
  readonly connections: number
  readonly pacing: Pacing
}

/** Streams that run beside each other against one server. */
export interface LoadPlan {
  readonly port: number
  readonly seconds: number
  readonly streams: readonly StreamPlan[]
}

/** What became of a stream's requests. `sent` = `answered` + `failed` + `unanswered`. */
export interface StreamCounts {
  sent: number
  attacksSent: number
  answered: number
  /** Of those answered: by a reset instead of a clean end of the connection (one-shot). */
  resets: number
  /** Of those answered: not by a 2xx (kept), with any byte at all (one-shot), without one (brief). */
  badAnswers: number
  /** The connection broke before the answer. */
  failed: number
  /** No answer until `graceMs` after the stream's end; they are in the histogram with that wait. */
  unanswered: number
  /** Kept connections that had to be made again. */
  reconnects: number
}

/** What a stream gave. */
export interface StreamResult extends StreamCounts {
  readonly label: string
  /** From the first request to the last answer. */
  readonly seconds: number
  /** `LatencyHistogram.encode()`: to the first answer byte, or to FIN with the connecting included (one-shot). */
  readonly latency: string
}

/** How long after its end a stream waits for answers. */
export const graceMs = 10_000

/** Autocannon's run over one corpus on kept connections: a second, independent opinion on throughput. */
export interface AutocannonPlan {
  readonly port: number
  readonly seconds: number
  readonly corpus: CorpusName
  readonly seed: number
  readonly connections: number
}

/** What autocannon reports; its latencies are whole milliseconds and know nothing of coordinated omission. */
export interface AutocannonResult {
  readonly answered: number
  readonly seconds: number
  readonly failed: number
  readonly non2xx: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** A message to the sender process. */
export type SenderTask =
  | { readonly kind: 'load'; readonly plan: LoadPlan }
  | { readonly kind: 'autocannon'; readonly plan: AutocannonPlan }

/** The sender process's answer to each message, in order. */
export type SenderReply =
  | { readonly kind: 'load'; readonly results: readonly StreamResult[] }
  | { readonly kind: 'autocannon'; readonly result: AutocannonResult }
  | { readonly kind: 'failed'; readonly reason: string }
