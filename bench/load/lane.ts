// One connection's worth of load: a lane carries one request at a time. Kept lanes reuse their connection, one-shot lanes
// make one per request.
import { connect, type Socket } from 'node:net'

/** What a lane tells its stream. After each of these but `onReconnect` the lane is free. */
export interface LaneEvents {
  /** @param isClean - false when the connection was reset instead of ended. @param isExpected - the answer is of the kind asked for. */
  onAnswer(lane: Lane, isClean: boolean, isExpected: boolean): void
  /** The request in hand got no answer. */
  onFailure(lane: Lane): void
  onReconnect(): void
}

/** Carries one request at a time. */
export interface Lane {
  /** When the request in hand was due, in `performance.now()` milliseconds; NaN when free. */
  dueAtMs: number
  /** Resolves when requests can be sent. */
  open(): Promise<void>
  /** Sends a request; the lane must be free. */
  send(request: Buffer, dueAtMs: number): void
  close(): void
}

const host = '127.0.0.1'
/** A server that refuses is asked again this often. */
const reconnectDelayMs = 20
/** Answers have some hundred bytes; what is longer is read in pieces. */
const answerBufferBytes = 4096
/** `HTTP/1.1 2`: where the status begins, and the only class of answer that is expected. */
const statusOffset = 9
const digitTwo = 0x32

/** A lane over one keep-alive connection, made again when the server closes it. */
export class KeptLane implements Lane {
  dueAtMs: number = Number.NaN
  readonly #port: number
  readonly #events: LaneEvents
  readonly #answer = Buffer.alloc(answerBufferBytes)
  #socket: Socket | undefined
  #isClosed = false
  /** The request in hand went down with its connection. */
  #isRequestLost = false

  constructor(port: number, events: LaneEvents) {
    this.#port = port
    this.#events = events
  }

  open(): Promise<void> {
    return new Promise((resolve) => this.#connect(resolve))
  }

  send(request: Buffer, dueAtMs: number): void {
    this.dueAtMs = dueAtMs
    if (this.#socket?.writable) this.#socket.write(request)
    else this.#isRequestLost = true
  }

  close(): void {
    this.#isClosed = true
    this.#socket?.destroy()
  }

  #connect(onFirstOpen: () => void): void {
    const onread = { buffer: this.#answer, callback: (length: number) => this.#onRead(length) }
    const socket = connect({ host, port: this.#port, noDelay: true, onread }, () => this.#onOpen(onFirstOpen))
    // The reason does not matter: 'close' follows, and what was lost is counted there.
    socket.on('error', () => undefined)
    socket.on('close', () => this.#onClose(onFirstOpen))
    this.#socket = socket
  }

  #onOpen(onFirstOpen: () => void): void {
    onFirstOpen()
    if (!this.#isRequestLost) return
    this.#isRequestLost = false
    this.#events.onFailure(this)
  }

  #onRead(length: number): boolean {
    // Bytes outside an answer: the rest of a long one, or noise. The next request would show what it was.
    if (Number.isNaN(this.dueAtMs)) return true
    this.#events.onAnswer(this, true, length > statusOffset && this.#answer[statusOffset] === digitTwo)
    return true
  }

  #onClose(onFirstOpen: () => void): void {
    if (this.#isClosed) return
    this.#events.onReconnect()
    if (!Number.isNaN(this.dueAtMs)) this.#isRequestLost = true
    setTimeout(() => {
      if (!this.#isClosed) this.#connect(onFirstOpen)
    }, reconnectDelayMs)
  }
}

/**
 * A lane that makes a connection per request. It reads to the connection's end, as a hijacking receiver wants it, or closes it
 * on the first byte of an answer when it awaits one.
 */
export class OneShotLane implements Lane {
  dueAtMs: number = Number.NaN
  readonly #port: number
  readonly #events: LaneEvents
  readonly #awaitsAnswer: boolean
  #socket: Socket | undefined
  #hasAnswer = false

  constructor(port: number, events: LaneEvents, awaitsAnswer: boolean) {
    this.#port = port
    this.#events = events
    this.#awaitsAnswer = awaitsAnswer
  }

  async open(): Promise<void> {}

  send(request: Buffer, dueAtMs: number): void {
    this.dueAtMs = dueAtMs
    this.#hasAnswer = false
    const socket = connect({ host, port: this.#port, noDelay: true })
    socket.on('data', () => {
      this.#hasAnswer = true
      if (this.#awaitsAnswer) this.#finish(socket, true)
    })
    socket.on('end', () => this.#finish(socket, true))
    socket.on('error', (error: NodeJS.ErrnoException) => this.#onError(socket, error))
    socket.write(request)
    this.#socket = socket
  }

  close(): void {
    this.#socket?.destroy()
  }

  #finish(socket: Socket, isClean: boolean): void {
    socket.destroy()
    this.#events.onAnswer(this, isClean, this.#hasAnswer === this.#awaitsAnswer)
  }

  /** A reset or a broken pipe after connecting is a server that closed with bytes unread: rude, but an answer. */
  #onError(socket: Socket, error: NodeJS.ErrnoException): void {
    if (socket !== this.#socket) return
    if (error.code === 'ECONNRESET' || error.code === 'EPIPE') {
      this.#finish(socket, false)
      return
    }
    socket.destroy()
    this.#events.onFailure(this)
  }
}
