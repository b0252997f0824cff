// Takes whole HTTP/1 messages out of a byte stream, whatever their methods and targets: what a doctor sees must not depend on
// what a strict parser accepts. Bodies are counted and hashed, never kept.
import { createHash, type Hash } from 'node:crypto'

export interface Message {
  readonly startLine: string
  /** In order, names as sent. Bytes as Latin-1. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Without chunked framing. */
  readonly bodyBytes: number
  /** SHA-256 of those bytes, in hex. */
  readonly bodyHash: string
  /** False when the stream ended before the message did. */
  readonly isWhole: boolean
}

/** Longer heads are not ours. */
export const headLimitBytes: number = 64 * 1024

type State = 'head' | 'length' | 'until-close' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailers' | 'broken'

/** One direction of one connection. */
export class MessageReader {
  readonly #isAnswer: boolean
  readonly #onMessage: (message: Message) => void
  #state: State = 'head'
  #pending: Buffer = Buffer.alloc(0)
  #startLine = ''
  #headers: (readonly [string, string])[] = []
  #hash: Hash = createHash('sha256')
  #bodyBytes = 0
  #missingBytes = 0

  /** @param kind - requests without a length have no body; answers without one last until the close. */
  constructor(kind: 'request' | 'answer', onMessage: (message: Message) => void) {
    this.#isAnswer = kind === 'answer'
    this.#onMessage = onMessage
  }

  /** @param chunk - not kept beyond the call, but for what is not a whole line yet. */
  push(chunk: Uint8Array): void {
    this.#pending = this.#pending.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#pending, chunk])
    while (this.#step()) {}
  }

  /** The stream is over. */
  end(): void {
    if (this.#state === 'until-close') this.#finish(true)
    else if (this.#state !== 'head' && this.#state !== 'broken') this.#finish(false)
  }

  /** @returns whether there may be more to take. */
  #step(): boolean {
    switch (this.#state) {
      case 'head':
        return this.#readHead()
      case 'length':
        return this.#readData('head')
      case 'until-close':
        this.#missingBytes = this.#pending.length
        this.#take()
        return false
      case 'chunk-size':
        return this.#readChunkSize()
      case 'chunk-data':
        return this.#readData('chunk-end')
      case 'chunk-end':
        return this.#readLine() !== undefined && this.#enter('chunk-size')
      case 'trailers':
        return this.#readTrailer()
      case 'broken':
        this.#pending = Buffer.alloc(0)
        return false
      default:
        return this.#state satisfies never
    }
  }

  #enter(state: State): true {
    this.#state = state
    return true
  }

  #readHead(): boolean {
    const end = this.#pending.indexOf('\r\n\r\n')
    if (end < 0) return this.#pending.length > headLimitBytes && this.#enter('broken')
    const [startLine = '', ...lines] = this.#pending.toString('latin1', 0, end).split('\r\n')
    this.#pending = this.#pending.subarray(end + 4)
    this.#startLine = startLine
    this.#headers = lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).trim()] as const
    })
    this.#hash = createHash('sha256')
    this.#bodyBytes = 0
    return this.#enterBody()
  }

  #enterBody(): boolean {
    // An interim answer stands before the real one.
    if (this.#isAnswer && / 1\d\d\b/.test(this.#startLine)) return this.#enter('head')
    if (headerValue(this.#headers, 'transfer-encoding')?.toLowerCase().endsWith('chunked') === true) {
      return this.#enter('chunk-size')
    }
    const declared = headerValue(this.#headers, 'content-length')
    if (declared !== undefined) {
      this.#missingBytes = Number(declared)
      return Number.isSafeInteger(this.#missingBytes) ? this.#enter('length') : this.#enter('broken')
    }
    if (this.#isAnswer && !/ (204|304)\b/.test(this.#startLine)) return this.#enter('until-close')
    this.#finish(true)
    return true
  }

  #readData(next: 'head' | 'chunk-end'): boolean {
    this.#take()
    if (this.#missingBytes > 0) return false
    if (next === 'head') this.#finish(true)
    else this.#state = next
    return true
  }

  #take(): void {
    const taken = this.#pending.subarray(0, this.#missingBytes)
    this.#hash.update(taken)
    this.#bodyBytes += taken.length
    this.#missingBytes -= taken.length
    this.#pending = this.#pending.subarray(taken.length)
  }

  #readChunkSize(): boolean {
    const line = this.#readLine()
    if (line === undefined) return false
    this.#missingBytes = Number.parseInt(line, 16)
    if (Number.isNaN(this.#missingBytes)) return this.#enter('broken')
    return this.#enter(this.#missingBytes === 0 ? 'trailers' : 'chunk-data')
  }

  #readTrailer(): boolean {
    const line = this.#readLine()
    if (line === '') this.#finish(true)
    return line !== undefined
  }

  #readLine(): string | undefined {
    const end = this.#pending.indexOf('\r\n')
    if (end < 0) {
      if (this.#pending.length > headLimitBytes) this.#state = 'broken'
      return undefined
    }
    const line = this.#pending.toString('latin1', 0, end)
    this.#pending = this.#pending.subarray(end + 2)
    return line
  }

  #finish(isWhole: boolean): void {
    this.#state = 'head'
    const bodyHash = this.#hash.digest('hex')
    const { startLine, headers, bodyBytes } = {
      startLine: this.#startLine,
      headers: this.#headers,
      bodyBytes: this.#bodyBytes,
    }
    this.#onMessage({ startLine, headers, bodyBytes, bodyHash, isWhole })
  }
}

/** First value of a header, `undefined` when there is none. */
export function headerValue(headers: Message['headers'], name: string): string | undefined {
  return headers.find(([known]) => known.toLowerCase() === name)?.[1]
}

/** All values of a list header, cut at commas. */
export function listOf(headers: Message['headers'], name: string): readonly string[] {
  return headers
    .filter(([known]) => known.toLowerCase() === name)
    .flatMap(([, value]) => value.split(','))
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}
