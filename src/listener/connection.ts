// One accepted socket: feeds the reader, answers or closes at once, knows its deadline.
// Stage: [listener] -> parser -> batch. Hot path; bench: scenarios/listener.bench.ts.
// Answers go out as soon as a chunk is parsed: after the body, before the rules, never before the body has ended.
import type { Socket } from 'node:net'
import type { ParseError } from '../batch/record-layout.js'
import type { RecordFacts } from '../batch/record-writer.js'
import type { Slab } from '../batch/slab.js'
import type { AnswerKind, TimeoutKind } from '../observe/counter-ids.js'
import type { ReaderEnd } from '../parser/reader-end.js'
import type { RequestAssembly } from '../parser/request-assembly.js'
import type { RequestConsumer } from '../parser/request-consumer.js'
import type { RequestReader } from '../parser/request-reader.js'
import {
  acknowledged,
  acknowledgedAndClosing,
  acknowledgements,
  badRequest,
  goOnWithBody,
  headTooLarge,
  requestTimeout,
} from './answers.js'
import type { ConnectionHost, ListedConnection } from './connection-host.js'
import { releaseChunk } from './release-chunk.js'

/** Answers that the peer does not read: above this it is no gateway, and its connection ends. */
const unreadAnswersLimitBytes = 64 * 1024

/** What a connection waits for; decides which time-out applies. */
type Waiting = 'idle' | 'head' | 'body' | 'linger'

/** One connection, from accept to close. Linked into the host's list of connections, oldest activity first. */
export class Connection implements RequestConsumer, ListedConnection {
  previous: ListedConnection | undefined
  next: ListedConnection | undefined
  lastActiveMs: number
  deadlineMs: number

  readonly #host: ConnectionHost
  readonly #socket: Socket
  readonly #reader: RequestReader
  readonly #peer: Buffer
  readonly #peerPort: number
  /** `performance.now()` after which the next answer closes. */
  readonly #expiresAtMs: number
  #waiting: Waiting = 'idle'
  /** Complete requests of the chunk at hand that still want their answer. */
  #pendingAnswers = 0
  #isClosed = false

  constructor(host: ConnectionHost, socket: Socket, nowMs: number) {
    this.#host = host
    this.#socket = socket
    this.lastActiveMs = nowMs
    this.deadlineMs = nowMs + host.settings.idleTimeoutMs
    this.#expiresAtMs = nowMs + host.connectionAgeMs()
    this.#peer = host.peerBytes(socket)
    this.#peerPort = socket.remotePort ?? 0
    this.#reader = host.createReader(this)
    socket.on('data', this.#onData)
    socket.on('end', this.#onEnd)
    socket.on('error', ignoreError)
    socket.on('close', this.#onClose)
  }

  get isIdle(): boolean {
    return this.#waiting === 'idle'
  }

  onWholeRequest(assembly: RequestAssembly, facts: RecordFacts, chunk: Buffer): void {
    this.#stamp(facts)
    this.#host.onWholeRequest(assembly, facts, chunk)
    this.#pendingAnswers += 1
  }

  onStagedRequest(assembly: RequestAssembly, facts: RecordFacts, slab: Slab): void {
    this.#stamp(facts)
    this.#host.onStagedRequest(assembly, facts, slab)
    this.#pendingAnswers += 1
  }

  onShedRequest(assembly: RequestAssembly): void {
    this.#host.onShedRequest(assembly)
    this.#pendingAnswers += 1
  }

  onUnparsable(error: ParseError): void {
    this.#host.onUnparsable(error)
  }

  onContinueExpected(): void {
    this.#socket.write(goOnWithBody, 'latin1')
  }

  onDeadline(nowMs: number): void {
    switch (this.#waiting) {
      case 'idle':
        this.#host.onTimeout('idle')
        this.#close()
        return
      case 'head':
      case 'body': {
        const kind: TimeoutKind = this.#waiting
        this.#host.onTimeout(kind)
        this.#reader.finish()
        this.#pendingAnswers = 0
        this.#answerAndLinger(requestTimeout, '408', nowMs)
        return
      }
      case 'linger':
        this.#reader.finish()
        this.#close()
        return
      default:
        this.#waiting satisfies never
    }
  }

  drain(): void {
    if (!this.isIdle) return
    this.#socket.end()
    this.#linger(performance.now())
  }

  abort(): void {
    this.#reader.finish()
    this.#close()
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#isClosed) return
    const startMs = performance.now()
    this.lastActiveMs = startMs
    const end = this.#reader.consume(chunk)
    releaseChunk(chunk)
    if (this.#waiting === 'linger') return
    if (end.kind === 'open' && this.#pendingAnswers === 0) {
      this.#awaitMore(startMs)
      return
    }
    this.#answer(end, startMs)
  }

  #answer(end: ReaderEnd, startMs: number): void {
    switch (end.kind) {
      case 'open':
        this.#acknowledge(this.#isLastAnswer(startMs), startMs)
        return
      case 'close':
        this.#acknowledge(true, startMs)
        return
      case 'bad-request':
        this.#answerAndLinger(badRequest, '400', startMs)
        return
      case 'head-too-large':
        this.#answerAndLinger(headTooLarge, '431', startMs)
        return
      case 'foreign':
        // The preface of HTTP/2 counts as a connection's first bytes alone (RFC 9113 3.4).
        if (end.protocol === 'http2' && this.#socket.bytesRead === end.bytes.length) {
          this.#becomeHttp2(end.bytes)
          return
        }
        this.#host.onRejected(end.protocol)
        this.#close()
        return
      default:
        end satisfies never
    }
  }

  #becomeHttp2(bytes: Buffer): void {
    this.#isClosed = true
    this.#socket.pause()
    this.#socket.off('data', this.#onData)
    this.#socket.off('end', this.#onEnd)
    this.#socket.off('close', this.#onClose)
    this.#reader.dispose()
    this.#host.onHttp2(this, this.#socket, bytes)
  }

  #isLastAnswer(nowMs: number): boolean {
    if (this.#host.isDraining) return true
    if (nowMs <= this.#expiresAtMs) return false
    this.#host.onTimeout('max_age')
    return true
  }

  #acknowledge(isLast: boolean, startMs: number): void {
    const count = this.#pendingAnswers
    this.#pendingAnswers = 0
    if (this.#host.settings.hijack) {
      this.#close()
      this.#host.onAnswer('close', count, performance.now() - startMs)
      return
    }
    if (isLast) {
      this.#socket.end(acknowledgements(Math.max(0, count - 1)) + acknowledgedAndClosing, 'latin1')
      this.#host.onAnswer('204', count, performance.now() - startMs)
      this.#linger(startMs)
      return
    }
    this.#socket.write(count === 1 ? acknowledged : acknowledgements(count), 'latin1')
    this.#host.onAnswer('204', count, performance.now() - startMs)
    if (this.#socket.writableLength > unreadAnswersLimitBytes) {
      this.#close()
      return
    }
    this.#waiting = 'idle'
    this.#awaitMore(startMs)
  }

  /** Where framing is lost the sender may still be sending: closing at once would reset the connection under the answer. */
  #answerAndLinger(answer: string, kind: AnswerKind, nowMs: number): void {
    const count = this.#pendingAnswers
    this.#pendingAnswers = 0
    if (this.#host.settings.hijack) {
      this.#socket.end()
      this.#host.onAnswer('close', Math.max(1, count), performance.now() - nowMs)
    } else {
      this.#socket.end(acknowledgements(count) + answer, 'latin1')
      if (count > 0) this.#host.onAnswer('204', count, performance.now() - nowMs)
      this.#host.onAnswer(kind, 1, performance.now() - nowMs)
    }
    this.#linger(nowMs)
  }

  #linger(nowMs: number): void {
    this.#waiting = 'linger'
    this.deadlineMs = nowMs + this.#host.settings.lingerTimeoutMs
    this.#host.touch(this)
  }

  #awaitMore(nowMs: number): void {
    const settings = this.#host.settings
    if (this.#reader.isInBody) {
      this.#waiting = 'body'
      this.deadlineMs = nowMs + settings.bodyTimeoutMs
    } else if (!this.#reader.isInRequest) {
      this.#waiting = 'idle'
      this.deadlineMs = nowMs + settings.idleTimeoutMs
    } else if (this.#waiting !== 'head') {
      this.#waiting = 'head'
      this.deadlineMs = nowMs + settings.headTimeoutMs
    }
    this.#host.touch(this)
  }

  #stamp(facts: RecordFacts): void {
    facts.peer = this.#peer
    facts.peerPort = this.#peerPort
    facts.receivedAtMs = this.#host.wallClockMs(this.lastActiveMs)
  }

  /** The peer sends no more; what it still awaits is answered first. */
  readonly #onEnd = (): void => {
    if (this.#isClosed) return
    this.#reader.finish()
    if (this.#waiting === 'linger' || this.#pendingAnswers === 0) {
      this.#socket.end()
      this.#linger(performance.now())
      return
    }
    this.#acknowledge(true, performance.now())
  }

  readonly #onClose = (): void => {
    this.#close()
  }

  #close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#reader.finish()
    this.#reader.dispose()
    this.#socket.destroy()
    this.#host.onClosed(this)
  }
}

/** A reset or broken pipe is how clients end; 'close' follows and does what is to be done. */
function ignoreError(): void {}
