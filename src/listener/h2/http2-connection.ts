// One connection that speaks HTTP/2: its streams become the records that HTTP/1 requests become, under the same limits.
// Stage: [listener] -> parser -> batch. Engine: node:http2, which frames, decompresses heads and refuses what is malformed.
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import { type ParseError, RecordFlag } from '../../batch/record-layout.js'
import type { RecordFacts } from '../../batch/record-writer.js'
import type { AnswerKind } from '../../observe/counter-ids.js'
import { methodNames } from '../../parser/methods.js'
import type { Staging } from '../../parser/staging.js'
import type { ConnectionHost, ListedConnection } from '../connection-host.js'
import { layOutHead } from '../lay-out-head.js'
import { ControlMeter } from './control-meter.js'
import { MirroredStream, type StreamEnd, type StreamOwner } from './mirrored-stream.js'
import { openSession } from './open-session.js'
import { ProgressMeter } from './progress-meter.js'
import { type RequestHead, readRequestHead } from './request-head.js'

/** END_STREAM of a HEADERS frame (RFC 9113 6.2): there is no body. */
const endStreamFlag = 0x1
/** RFC 9113 7. */
const noError = 0x0
/** "No longer needed". REFUSED_STREAM would be an invitation to send the copy again. */
const cancel = 0x8
/** A HEADERS frame is longer than its own head (RFC 9113 4.1). */
const leastHeadBytes = 10
/** Between two looks at what the connection reads. */
const lookPeriodMs = 1000
/** What a peer may have sent before it heard that the connection ends: longer than any round trip. */
const crossingTimeMs = 1000
/** What node:http2 ends a session for: frames that break the protocol, or too many of a kind. */
const protocolFaults: ReadonlySet<string> = new Set(['ERR_HTTP2_ERROR', 'ERR_HTTP2_TOO_MANY_INVALID_FRAMES'])

const noContent = { ':status': 204 } as const
const requestTimeout = { ':status': 408 } as const
const lastWord = { endStream: true, sendDate: false } as const

/** A connection from its preface to its close. Linked into the host's list, like one of HTTP/1. */
export class Http2Connection implements ListedConnection, StreamOwner {
  previous: ListedConnection | undefined
  next: ListedConnection | undefined
  lastActiveMs: number
  readonly staging: Staging
  readonly bodyLimitBytes: number

  readonly #host: ConnectionHost
  readonly #socket: Socket
  readonly #session: ServerHttp2Session
  readonly #announceEnd: () => boolean
  readonly #endGracefully: () => void
  readonly #facts: RecordFacts
  /** `performance.now()` after which the next answer closes. */
  readonly #expiresAtMs: number
  readonly #control = new ControlMeter()
  readonly #progress: ProgressMeter
  /** Requests whose bodies are still arriving. */
  readonly #requests = new Set<MirroredStream>()
  #lastStreamId = -1
  #refusedCount = 0
  /** A whole frame came since the last look at the resting connection. */
  #isAlive = false
  /** `performance.now()` when the requests at work, or the rest between them, have lasted too long. */
  #dueMs: number
  #nextLookMs: number
  /** The peer takes no streams of ours, which there are none of; it will end the connection soon. */
  #isPeerLeaving = false
  /** Settings came, and so ours went out, which must be the first frame. */
  #isSettled = false
  /** The peer was told to open no more streams; those that it still opens are served for a while. */
  #isEnding = false
  /** GOAWAY was sent: open streams are served to their end, new ones are not. */
  #isClosing = false
  #isClosed = false

  /** @param bytes - what was read of the socket already. */
  constructor(host: ConnectionHost, socket: Socket, bytes: Buffer, nowMs: number) {
    this.#host = host
    this.#socket = socket
    this.staging = host.staging
    this.bodyLimitBytes = host.limits.bodyLimitBytes
    this.lastActiveMs = nowMs
    this.#dueMs = nowMs + host.settings.headTimeoutMs
    this.#nextLookMs = nowMs + lookPeriodMs
    this.#progress = new ProgressMeter(nowMs)
    this.#expiresAtMs = nowMs + host.connectionAgeMs()
    this.#facts = createFacts(host.peerBytes(socket), socket.remotePort ?? 0)
    socket.on('error', ignoreError)
    socket.on('end', this.#onPeerEnd)
    const { session, announceEnd, endGracefully } = openSession(socket, bytes, host.limits)
    this.#session = session
    this.#announceEnd = announceEnd
    this.#endGracefully = endGracefully
    this.#session.on('stream', this.#onStream)
    this.#session.on('ping', this.#onControlFrame)
    this.#session.on('remoteSettings', this.#onSettings)
    this.#session.on('goaway', this.#onPeerGoaway)
    this.#session.on('error', this.#onError)
    this.#session.on('close', this.#close)
  }

  get isIdle(): boolean {
    return this.#requests.size === 0
  }

  get deadlineMs(): number {
    return Math.min(this.#dueMs, this.#nextLookMs)
  }

  onPiece(byteCount: number, nowMs: number): void {
    this.#progress.notePiece(byteCount)
    this.#noteActivity(nowMs)
  }

  #noteActivity(nowMs: number): void {
    this.lastActiveMs = nowMs
    this.#isAlive = true
    this.#host.touch(this)
  }

  onStreamEnd(request: MirroredStream, end: StreamEnd): void {
    this.#requests.delete(request)
    if (end !== 'whole') this.#progress.noteUnread()
    this.#deliver(request)
    if (end === 'aborted') {
      this.#rest(performance.now())
      return
    }
    this.#answer(request.stream, '204', request.lastActiveMs)
    if (end !== 'whole') stopSending(request.stream)
  }

  onDeadline(nowMs: number): void {
    if (nowMs >= this.#nextLookMs) this.#look(nowMs)
    if (this.#isClosed || nowMs < this.#dueMs) return
    if (this.#requests.size > 0) this.#expireBodies(nowMs)
    else if (this.#isClosing) this.#close()
    else if (this.#isPeerLeaving) this.#endSession(nowMs)
    else this.#expireRest(nowMs)
  }

  /** The peer's streams cross the news for a while, so it is sent when the listener stops, not with each answer while it drains. */
  drain(): void {
    this.#beginEnd(performance.now())
  }

  abort(): void {
    this.#close()
  }

  readonly #onStream = (
    stream: ServerHttp2Stream,
    headers: Readonly<Record<string, unknown>>,
    flags: number,
    rawFields: readonly string[],
  ): void => {
    if (this.#isClosed) return
    const nowMs = performance.now()
    this.#noteActivity(nowMs)
    stream.on('error', ignoreError)
    const streamId = stream.id ?? 0
    this.#countRefused(streamId - 2)
    this.#lastStreamId = streamId
    const head = readRequestHead(rawFields, this.#host.limits)
    if ((flags & endStreamFlag) !== 0) {
      this.#deliverWhole(head)
      this.#answer(stream, '204', nowMs)
      return
    }
    this.#stage(stream, head, nowMs)
    if (headers['expect'] === '100-continue' && isAnswerable(stream)) stream.additionalHeaders({ ':status': 100 })
  }

  #deliverWhole(head: RequestHead): void {
    const assembly = this.staging.takeAssembly()
    const chunk = Buffer.from(layOutHead(assembly, head.method, head.target, head.fields), 'latin1')
    this.#progress.noteRequest(chunk.length)
    assembly.beginChunk(chunk, 0)
    if (head.isCut) assembly.flags |= RecordFlag.truncated
    this.#stamp(head.method, head.parseError)
    this.#host.onWholeRequest(assembly, this.#facts, chunk)
    this.staging.giveAssembly(assembly)
  }

  #stage(stream: ServerHttp2Stream, head: RequestHead, nowMs: number): void {
    const assembly = this.staging.takeAssembly()
    const text = layOutHead(assembly, head.method, head.target, head.fields)
    this.#progress.noteRequest(text.length)
    this.staging.keepWholeHead(assembly, Buffer.from(text, 'latin1'))
    if (head.isCut) assembly.flags |= RecordFlag.truncated
    const request = new MirroredStream(this, stream, assembly, head.method, head.parseError, nowMs)
    if (this.#requests.size === 0) this.#dueMs = nowMs + this.#host.settings.bodyTimeoutMs
    this.#requests.add(request)
    request.start()
  }

  #deliver({ assembly, method, parseError }: MirroredStream): void {
    this.#stamp(method, parseError)
    const slab = this.staging.handOver(assembly)
    if (slab === undefined || assembly.isShed) this.#host.onShedRequest(assembly)
    else this.#host.onStagedRequest(assembly, this.#facts, slab)
    this.staging.giveAssembly(assembly)
  }

  #stamp(method: string, parseError: ParseError): void {
    const facts = this.#facts
    facts.methodId = methodNames.indexOf(method)
    facts.methodEnd = method.length
    facts.parseError = parseError
    facts.receivedAtMs = this.#host.wallClockMs(this.lastActiveMs)
  }

  #answer(stream: ServerHttp2Stream, kind: Exclude<AnswerKind, 'close'>, startMs: number): void {
    if (this.#host.settings.hijack) {
      stream.close(cancel)
      this.#host.onAnswer('close', 1, performance.now() - startMs)
    } else {
      if (isAnswerable(stream)) stream.respond(kind === '408' ? requestTimeout : noContent, lastWord)
      this.#host.onAnswer(kind, 1, performance.now() - startMs)
    }
    this.#rest(performance.now())
  }

  /**
   * Streams that node:http2 refused (a malformed head, one far over the limits, one stream too many) reach nobody here, but their
   * numbers are missing. Numbers may be left out for no reason; the bytes that came bound how many were heads.
   */
  #countRefused(newestId: number): void {
    const missingCount = (newestId - this.#lastStreamId) / 2
    if (missingCount < 1) return
    const possibleCount = Math.floor(this.#socket.bytesRead / leastHeadBytes) - this.#refusedCount
    const count = Math.min(missingCount, possibleCount)
    this.#refusedCount += count
    for (let index = 0; index < count; index += 1) this.#host.onUnparsable('other')
  }

  /** After each request: when none is at work, the deadline becomes the next look at the resting connection. */
  #rest(nowMs: number): void {
    if (this.#isClosed) return
    if (nowMs > this.#expiresAtMs && !this.#isEnding) {
      this.#host.onTimeout('max_age')
      this.#beginEnd(nowMs)
      return
    }
    if (this.#requests.size > 0) return
    const { lingerTimeoutMs, headTimeoutMs, idleTimeoutMs } = this.#host.settings
    const isEnding = this.#isEnding || this.#isPeerLeaving
    this.#dueMs = nowMs + (isEnding ? lingerTimeoutMs : Math.min(headTimeoutMs, idleTimeoutMs))
  }

  /**
   * node:http2 does not show a head that has begun, nor a session that it gave up. Both show in a PING that nobody answers: it
   * cannot be acknowledged within a head (RFC 9113 6.10).
   */
  #expireRest(nowMs: number): void {
    const { headTimeoutMs, idleTimeoutMs } = this.#host.settings
    const restMs = this.lastActiveMs + idleTimeoutMs - nowMs
    if (!this.#isAlive || restMs <= 0) {
      this.#host.onTimeout(this.#isAlive ? 'idle' : 'head')
      if (this.#isAlive) this.#beginEnd(nowMs)
      else this.#endSession(nowMs)
      return
    }
    this.#isAlive = false
    if (!this.#session.destroyed) this.#session.ping(this.#onPingAnswer)
    this.#dueMs = nowMs + Math.min(headTimeoutMs, restMs)
  }

  #expireBodies(nowMs: number): void {
    const { bodyTimeoutMs } = this.#host.settings
    let oldestMs = nowMs
    for (const request of this.#requests) {
      if (request.lastActiveMs + bodyTimeoutMs <= nowMs) this.#expireBody(request, nowMs)
      else oldestMs = Math.min(oldestMs, request.lastActiveMs)
    }
    if (this.#requests.size > 0) this.#dueMs = oldestMs + bodyTimeoutMs
  }

  #expireBody(request: MirroredStream, nowMs: number): void {
    this.#host.onTimeout('body')
    request.abort()
    this.#answer(request.stream, '408', nowMs)
    stopSending(request.stream)
  }

  /** First the peer is told; the session ends when what crossed the news has come. */
  #beginEnd(nowMs: number): void {
    if (this.#isEnding) return
    this.#isEnding = true
    if (!this.#isSettled || !this.#announceEnd()) {
      this.#endSession(nowMs)
      return
    }
    this.#nextLookMs = nowMs + Math.min(crossingTimeMs, this.#host.settings.lingerTimeoutMs)
    this.#rest(nowMs)
  }

  /** A GOAWAY goes out, and the socket ends with the last open stream; the peer then gets some time to end it too. */
  #endSession(nowMs: number): void {
    this.#isEnding = true
    this.#isClosing = true
    this.#endGracefully()
    this.#rest(nowMs)
  }

  /** The peer sends no more: what is not whole will not be, and what is answered goes out. */
  readonly #onPeerEnd = (): void => {
    if (this.#isClosed) return
    this.#countRefused(this.#session.state.lastProcStreamID ?? 0)
    for (const request of this.#requests) request.abort()
    this.#endSession(performance.now())
  }

  readonly #onPingAnswer = (error: Error | null): void => {
    if (error === null) this.#isAlive = true
  }

  /** What the peer sends after it is served like the rest (RFC 9113 6.8: its GOAWAY is about streams that we would open). */
  readonly #onPeerGoaway = (): void => {
    this.#onControlFrame()
    if (this.#isPeerLeaving) return
    this.#isPeerLeaving = true
    this.#rest(performance.now())
  }

  readonly #onSettings = (): void => {
    this.#isSettled = true
    this.#onControlFrame()
  }

  readonly #onControlFrame = (): void => {
    this.#isAlive = true
    if (this.#control.isFlood(performance.now())) this.#endFlood()
  }

  #look(nowMs: number): void {
    this.#nextLookMs = nowMs + lookPeriodMs
    if (this.#progress.isFlood(this.#socket.bytesRead, nowMs)) this.#endFlood()
    else if (this.#isEnding && !this.#isClosing) this.#endSession(nowMs)
  }

  #endFlood(): void {
    if (this.#isClosed) return
    this.#host.onRejected('http2')
    this.#close()
  }

  readonly #onError = (error: NodeJS.ErrnoException): void => {
    if (protocolFaults.has(error.code ?? '') && !this.#isClosed) this.#host.onRejected('http2')
  }

  readonly #close = (): void => {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const request of this.#requests) request.abort()
    this.#session.destroy()
    this.#socket.destroy()
    this.#host.onClosed(this)
  }
}

/** Otherwise node:http2 throws. */
function isAnswerable(stream: ServerHttp2Stream): boolean {
  return !stream.destroyed && !stream.closed && !stream.headersSent
}

/**
 * The answer is complete and what still comes is of no use, so the client may stop (RFC 9113 8.1). Later than now, because
 * node:http2 drops an answer that it has not written yet.
 */
function stopSending(stream: ServerHttp2Stream): void {
  setImmediate(() => stream.close(noError))
}

function createFacts(peer: Buffer, peerPort: number): RecordFacts {
  return {
    methodId: 0,
    methodStart: 0,
    methodEnd: 0,
    httpVersion: 20,
    parseError: 'none',
    peer,
    peerPort,
    receivedAtMs: 0,
  }
}

/** Resets are how clients end; 'close' follows and does what is to be done. */
function ignoreError(): void {}
