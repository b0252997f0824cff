// Accepts connections, admits them within limits, sweeps their deadlines; owns nothing of what a request means.
// Stage: [listener] -> parser -> batch. Hot path; bench: scenarios/listener.bench.ts.
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls'
import { type ParseError, parseErrors } from '../batch/record-layout.js'
import type { RecordFacts } from '../batch/record-writer.js'
import type { Slab } from '../batch/slab.js'
import { MirrorwafError, reasonOf } from '../errors.js'
import {
  type AnswerKind,
  answerKinds,
  CounterId,
  type RejectedReason,
  rejectedReasons,
  type ShedReason,
  shedReasons,
  type TimeoutKind,
  timeoutKinds,
} from '../observe/counter-ids.js'
import type { Instruments } from '../observe/instruments.js'
import type { ListenAddress } from '../options/kinds/address.js'
import type { ParserLimits } from '../parser/limits.js'
import type { RequestAssembly } from '../parser/request-assembly.js'
import type { RequestConsumer } from '../parser/request-consumer.js'
import type { RequestReader } from '../parser/request-reader.js'
import type { Staging } from '../parser/staging.js'
import { outcomeIndex } from '../verdict/outcome.js'
import { ArrivalPacer } from './arrival-pacer.js'
import { type BindSettings, bind } from './bind.js'
import { Connection } from './connection.js'
import type { ConnectionHost, ConnectionSettings, ListedConnection } from './connection-host.js'
import { ConnectionList } from './connection-list.js'
import { Http2Connection } from './h2/http2-connection.js'
import { PeerBytes, peerAddressOf } from './peer-address.js'
import type { TlsMaterial } from './tls-material.js'

export interface ListenerSettings extends ConnectionSettings, BindSettings {
  readonly connectionLimitCount: number
  /** Age at which a connection's next answer closes it, in ms; 0 = never. */
  readonly connectionMaxAgeMs: number
  readonly tls: TlsMaterial | undefined
}

/** What the listener hands its work to; wired by the pipeline. */
export interface ListenerWork {
  readonly staging: Staging
  readonly limits: ParserLimits
  createReader(consumer: RequestConsumer): RequestReader
  isPeerAllowed(address: string): boolean
  /** @returns false when the queue is full. */
  addWhole(assembly: RequestAssembly, facts: RecordFacts, chunk: Buffer): boolean
  addStaged(assembly: RequestAssembly, facts: RecordFacts, slab: Slab): boolean
  /** Bytes of batches that wait; for the gauge. */
  queueBytes(): number
}

/** How often deadlines are looked at: time-outs are seconds, a quarter of one more does not matter. */
const sweepPeriodMs = 250
/** An idle connection younger than this is between two requests; evicting it would hit live traffic. */
const evictableIdleMs = 1000
/** Share of the maximal age by which connections differ, so that they do not all end together. */
const ageJitter = 0.2

/** In order of preference. A client that names none of them is refused by TLS; one that names nothing speaks HTTP/1. */
const applicationProtocols = ['h2', 'http/1.1', 'http/1.0']
const noBytes = Buffer.alloc(0)

/** One set of sockets with its connections. */
export class Listener implements ConnectionHost {
  readonly settings: ListenerSettings
  readonly staging: Staging
  readonly limits: ParserLimits
  readonly #work: ListenerWork
  readonly #instruments: Instruments
  readonly #random: () => number
  readonly #connections = new ConnectionList()
  readonly #peerBytes = new PeerBytes()
  readonly #pacer = new ArrivalPacer()
  readonly #servers: Server[] = []
  #sweepTimer: NodeJS.Timeout | undefined
  /** Wall clock minus monotonic clock; taken anew each sweep, so that a clock that is set shows within a second. */
  #wallOffsetMs: number = Date.now() - performance.now()
  #isDraining = false

  /** @param random - 0 to 1, for the jitter of connection ages. */
  constructor(settings: ListenerSettings, work: ListenerWork, instruments: Instruments, random: () => number) {
    this.settings = settings
    this.staging = work.staging
    this.limits = work.limits
    this.#work = work
    this.#instruments = instruments
    this.#random = random
  }

  get isDraining(): boolean {
    return this.#isDraining
  }

  get connectionCount(): number {
    return this.#connections.count
  }

  /**
   * Starts to accept on all addresses.
   * @returns the bound addresses as text.
   * @throws MirrorwafError `MWAF_LISTENER_ADDRESS` or `MWAF_LISTENER_TLS`; sockets opened before are closed again.
   */
  async open(addresses: readonly ListenAddress[]): Promise<string[]> {
    const bound: string[] = []
    try {
      for (const address of addresses) bound.push(await this.#openOne(address))
    } catch (error) {
      await this.stopAccepting()
      throw error
    }
    this.#sweepTimer = setInterval(this.#sweep, sweepPeriodMs)
    return bound
  }

  /**
   * From now on every answer closes its connection. New connections are still accepted, and idle ones stay: their next
   * request is already on its way as far as anyone knows.
   */
  beginDrain(): void {
    this.#isDraining = true
  }

  /** Closes the listening sockets and ends idle connections; the others end with their answer. */
  async stopAccepting(): Promise<void> {
    for (const server of this.#servers) server.close()
    this.#servers.length = 0
    this.#connections.forEach((connection) => {
      connection.drain()
    })
  }

  /** Ends all connections; requests that were arriving are handed over as aborted. */
  closeConnections(): void {
    clearInterval(this.#sweepTimer)
    this.#connections.forEach((connection) => {
      connection.abort()
    })
  }

  createReader(consumer: RequestConsumer): RequestReader {
    return this.#work.createReader(consumer)
  }

  connectionAgeMs(): number {
    const { connectionMaxAgeMs } = this.settings
    if (connectionMaxAgeMs === 0) return Number.POSITIVE_INFINITY
    return connectionMaxAgeMs * (1 - ageJitter * this.#random())
  }

  peerBytes(socket: Socket): Buffer {
    return this.#peerBytes.of(peerAddressOf(socket))
  }

  wallClockMs(monotonicMs: number): number {
    return this.#wallOffsetMs + monotonicMs
  }

  touch(connection: ListedConnection): void {
    this.#connections.touch(connection)
  }

  onWholeRequest(assembly: RequestAssembly, facts: RecordFacts, chunk: Buffer): void {
    this.#countReceived(assembly, facts.parseError)
    if (!this.#work.addWhole(assembly, facts, chunk)) this.#countShed('queue')
  }

  onStagedRequest(assembly: RequestAssembly, facts: RecordFacts, slab: Slab): void {
    this.#countReceived(assembly, facts.parseError)
    if (!this.#work.addStaged(assembly, facts, slab)) this.#countShed('queue')
  }

  onShedRequest(assembly: RequestAssembly): void {
    this.#countReceived(assembly, 'none')
    this.#countShed('in_flight')
  }

  onUnparsable(error: ParseError): void {
    const { counters } = this.#instruments
    counters.add(CounterId.received, 1)
    counters.add(CounterId.outcome + outcomeIndex('unparsable'), 1)
    this.#countParseError(error)
  }

  onAnswer(kind: AnswerKind, count: number, latencyMs: number): void {
    this.#instruments.counters.add(CounterId.answer + answerKinds.indexOf(kind), count)
    this.#instruments.answerLatencyUs.record(latencyMs * 1000)
  }

  onTimeout(kind: TimeoutKind): void {
    this.#instruments.counters.add(CounterId.timeout + timeoutKinds.indexOf(kind), 1)
  }

  onRejected(reason: RejectedReason): void {
    this.#instruments.counters.add(CounterId.rejected + rejectedReasons.indexOf(reason), 1)
  }

  onClosed(connection: ListedConnection): void {
    this.#connections.remove(connection)
    this.#instruments.counters.set(CounterId.connectionsOpen, this.#connections.count)
  }

  onHttp2(connection: ListedConnection, socket: Socket, bytes: Buffer): void {
    this.#connections.remove(connection)
    this.#connections.add(new Http2Connection(this, socket, bytes, performance.now()))
  }

  async #openOne(address: ListenAddress): Promise<string> {
    const server = this.#createServer()
    this.#servers.push(server)
    const bound = await bind(server, address, this.settings)
    // What `accept` fails with under pressure (no memory, no file descriptor) passes; unheard it would end the process.
    server.on('error', () => this.onRejected('limit'))
    return bound
  }

  #createServer(): Server {
    // In hijack mode a connection carries one request and no answer: neither option would ever act, both cost system calls.
    const { hijack, tls, headTimeoutMs } = this.settings
    const options = { allowHalfOpen: true, noDelay: !hijack, keepAlive: !hijack }
    if (tls === undefined) return createServer(options, this.#onConnection)
    const server = createSecureServer(tls, { ...options, handshakeTimeout: headTimeoutMs }, this.#onSecureConnection)
    server.on('tlsClientError', (_error: Error, socket: Socket) => {
      this.onRejected('tls')
      // Node leaves a handshake that timed out open.
      socket.destroy()
    })
    return server
  }

  readonly #onConnection = (socket: Socket): void => {
    const nowMs = performance.now()
    this.#pacer.note(nowMs)
    if (this.#isAdmitted(socket, nowMs)) this.#add(new Connection(this, socket, nowMs))
  }

  readonly #onSecureConnection = (socket: TLSSocket): void => {
    if (socket.alpnProtocol !== 'h2') {
      this.#onConnection(socket)
      return
    }
    const nowMs = performance.now()
    if (this.#isAdmitted(socket, nowMs)) this.#add(new Http2Connection(this, socket, noBytes, nowMs))
  }

  #isAdmitted(socket: Socket, nowMs: number): boolean {
    this.#instruments.counters.add(CounterId.connectionsAccepted, 1)
    if (!this.#work.isPeerAllowed(peerAddressOf(socket))) {
      this.onRejected('peer')
      socket.destroy()
      return false
    }
    if (this.#connections.count >= this.settings.connectionLimitCount && !this.#evict(nowMs)) {
      this.onRejected('limit')
      socket.destroy()
      return false
    }
    return true
  }

  #add(connection: ListedConnection): void {
    this.#connections.add(connection)
    this.#instruments.counters.set(CounterId.connectionsOpen, this.#connections.count)
  }

  /** Makes room by closing the connection that rests longest. */
  #evict(nowMs: number): boolean {
    const oldest = this.#connections.findOldestIdle(nowMs, evictableIdleMs)
    if (oldest === undefined) return false
    oldest.abort()
    return true
  }

  readonly #sweep = (): void => {
    const nowMs = performance.now()
    this.#wallOffsetMs = Date.now() - nowMs
    this.#instruments.counters.set(CounterId.inFlightBytes, this.staging.usedBytes)
    this.#instruments.counters.set(CounterId.queueBytes, this.#work.queueBytes())
    this.#connections.forEach((connection) => {
      if (connection.deadlineMs <= nowMs) connection.onDeadline(nowMs)
    })
  }

  #countReceived(assembly: RequestAssembly, parseError: ParseError): void {
    const { counters } = this.#instruments
    counters.add(CounterId.received, 1)
    if (assembly.bodySeenBytes > 0) counters.add(CounterId.bodyBytes, assembly.bodySeenBytes)
    if (assembly.bodyKeptBytes < assembly.bodySeenBytes) counters.add(CounterId.bodiesTruncated, 1)
    if (parseError !== 'none') this.#countParseError(parseError)
  }

  #countParseError(error: ParseError): void {
    if (error === 'head_too_large' || error === 'too_many_headers') {
      this.#instruments.counters.add(CounterId.headsTruncated, 1)
    }
    this.#instruments.counters.add(CounterId.parseError + parseErrors.indexOf(error), 1)
  }

  #countShed(reason: ShedReason): void {
    const { counters } = this.#instruments
    counters.add(CounterId.outcome + outcomeIndex('shed'), 1)
    counters.add(CounterId.shed + shedReasons.indexOf(reason), 1)
  }
}

/** @param options - `handshakeTimeout` bounds a connection that is not yet counted and swept: it is when its handshake is done. */
function createSecureServer(tls: TlsMaterial, options: TlsOptions, onConnection: (socket: TLSSocket) => void): Server {
  const { cert, key, clientCa } = tls
  const asksClients = clientCa === '' ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true }
  try {
    return createTlsServer({ ...options, cert, key, ...asksClients, ALPNProtocols: applicationProtocols }, onConnection)
  } catch (cause) {
    throw new MirrorwafError(
      'MWAF_LISTENER_TLS',
      { file: 'certificate, key or client CA', reason: reasonOf(cause) },
      cause,
    )
  }
}
