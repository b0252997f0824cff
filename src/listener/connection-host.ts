// What a connection needs of the listener that owns it.
import type { Socket } from 'node:net'
import type { ParseError } from '../batch/record-layout.js'
import type { RecordFacts } from '../batch/record-writer.js'
import type { Slab } from '../batch/slab.js'
import type { AnswerKind, RejectedReason, TimeoutKind } from '../observe/counter-ids.js'
import type { ParserLimits } from '../parser/limits.js'
import type { RequestAssembly } from '../parser/request-assembly.js'
import type { RequestConsumer } from '../parser/request-consumer.js'
import type { RequestReader } from '../parser/request-reader.js'
import type { Staging } from '../parser/staging.js'

/** Times and manners of all connections of a listener. */
export interface ConnectionSettings {
  /** Close without answering. */
  readonly hijack: boolean
  readonly headTimeoutMs: number
  /** Longest pause between two pieces of a body. */
  readonly bodyTimeoutMs: number
  readonly idleTimeoutMs: number
  /** How long a connection that was answered for the last time may take to close. */
  readonly lingerTimeoutMs: number
}

/** A connection as its listener sees it; a node of the listener's list. */
export interface ListedConnection {
  previous: ListedConnection | undefined
  next: ListedConnection | undefined
  /** `performance.now()` of the last activity. */
  lastActiveMs: number
  /** `performance.now()` after which `onDeadline` is to be called. */
  deadlineMs: number
  /** True between requests: closing now loses nothing. */
  readonly isIdle: boolean
  onDeadline(nowMs: number): void
  /** Ends an idle connection, with some time for the peer to end it too; one in a request ends with its answer. */
  drain(): void
  /** Ends the connection at once; a request at hand is handed over as aborted. */
  abort(): void
}

/** The listener as its connections see it. */
export interface ConnectionHost {
  readonly settings: ConnectionSettings
  /** New answers close their connection. */
  readonly isDraining: boolean
  /** For connections that do not read with a `RequestReader`. */
  readonly staging: Staging
  readonly limits: ParserLimits
  createReader(consumer: RequestConsumer): RequestReader
  /** How long a new connection may live, in ms, jittered; `Infinity` for no bound. */
  connectionAgeMs(): number
  /** The peer without port as ASCII, IPv4-mapped IPv6 unmapped; empty for unix sockets. Shared: not to be written to. */
  peerBytes(socket: Socket): Buffer
  /** The wall clock in ms since the epoch for a `performance.now()` value. */
  wallClockMs(monotonicMs: number): number
  /** The connection was active now: it becomes the last to be evicted. */
  touch(connection: ListedConnection): void
  onWholeRequest(assembly: RequestAssembly, facts: RecordFacts, chunk: Buffer): void
  onStagedRequest(assembly: RequestAssembly, facts: RecordFacts, slab: Slab): void
  onShedRequest(assembly: RequestAssembly): void
  onUnparsable(error: ParseError): void
  /** @param latencyMs - from the start of the chunk that held the last body byte to the handover of the answer. */
  onAnswer(kind: AnswerKind, count: number, latencyMs: number): void
  onTimeout(kind: TimeoutKind): void
  onRejected(reason: RejectedReason): void
  onClosed(connection: ListedConnection): void
  /**
   * The connection speaks HTTP/2 and has let go of its socket, which is paused; another takes its place.
   * @param bytes - all that was read of the socket.
   */
  onHttp2(connection: ListedConnection, socket: Socket, bytes: Buffer): void
}
