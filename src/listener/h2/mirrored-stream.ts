// One mirrored request whose body is still arriving: its bytes are staged as those of an HTTP/1 request are.
// Stage: [listener] -> parser -> batch. Owns its assembly until the request is handed over.
import type { ServerHttp2Stream } from 'node:http2'
import { type ParseError, RecordFlag } from '../../batch/record-layout.js'
import type { RequestAssembly } from '../../parser/request-assembly.js'
import type { Staging } from '../../parser/staging.js'

/** How a stream's request came to its end. */
export type StreamEnd =
  /** All of it came. */
  | 'whole'
  /** Its bytes were dropped because of the in-flight limit. */
  | 'shed'
  /** More of a body came than is read. */
  | 'over-long'
  /** The client reset it, or the connection ended under it. */
  | 'aborted'

/** What a stream needs of its connection. */
export interface StreamOwner {
  readonly staging: Staging
  readonly bodyLimitBytes: number
  /** Called for each piece of body, and for trailers. */
  onPiece(byteCount: number, nowMs: number): void
  /** Called once. The owner hands the assembly over and gives it back to the staging. */
  onStreamEnd(request: MirroredStream, end: StreamEnd): void
}

/** A stream with its request; ends once, whatever comes first. */
export class MirroredStream {
  readonly stream: ServerHttp2Stream
  readonly assembly: RequestAssembly
  readonly method: string
  parseError: ParseError
  /** `performance.now()` when the head or the last piece of body came. */
  lastActiveMs: number
  readonly #owner: StreamOwner
  #isEnded = false

  /** @param assembly - with its head staged. */
  constructor(
    owner: StreamOwner,
    stream: ServerHttp2Stream,
    assembly: RequestAssembly,
    method: string,
    parseError: ParseError,
    nowMs: number,
  ) {
    this.#owner = owner
    this.stream = stream
    this.assembly = assembly
    this.method = method
    this.parseError = parseError
    this.lastActiveMs = nowMs
  }

  /** Begins to read the body. */
  start(): void {
    const { stream } = this
    if (this.assembly.isShed) {
      this.#end('shed')
      return
    }
    stream.on('data', this.#onData)
    stream.once('trailers', this.#onTrailers)
    // A stream that was reset ends as well; only one that is still open was ended by its sender.
    stream.once('end', () => this.#end(stream.closed ? 'aborted' : 'whole'))
    stream.once('close', () => this.#end('aborted'))
  }

  /** Ends the request with what came of it. */
  abort(): void {
    this.#end('aborted')
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#isEnded) return
    const { assembly } = this
    this.#noteActivity(chunk.length)
    assembly.beginChunk(chunk, 0)
    assembly.onBody(0, chunk.length)
    this.#owner.staging.keepParsed(assembly, chunk)
    if (assembly.isShed) this.#end('shed')
    else if (assembly.bodySeenBytes > this.#owner.bodyLimitBytes) this.#end('over-long')
  }

  readonly #onTrailers = (_trailers: unknown, _flags: number, rawFields: readonly string[]): void => {
    if (this.#isEnded) return
    this.#noteActivity(rawFields.join('').length)
    if (keepTrailers(this.assembly, rawFields)) return
    this.parseError = 'trailer_too_large'
    this.assembly.flags |= RecordFlag.truncated
  }

  #noteActivity(byteCount: number): void {
    this.lastActiveMs = performance.now()
    this.#owner.onPiece(byteCount, this.lastActiveMs)
  }

  #end(end: StreamEnd): void {
    if (this.#isEnded) return
    this.#isEnded = true
    if (end === 'aborted') this.assembly.flags |= RecordFlag.aborted
    if (end === 'over-long') this.assembly.flags |= RecordFlag.truncated
    this.#owner.onStreamEnd(this, end)
  }
}

/** @returns false when they are longer than the limit on trailers: what fits was kept. */
function keepTrailers(assembly: RequestAssembly, rawFields: readonly string[]): boolean {
  const bytes = Buffer.from(rawFields.join(''), 'latin1')
  assembly.beginChunk(bytes, 0)
  let position = 0
  for (let index = 0; index < rawFields.length; index += 1) {
    const end = position + (rawFields[index] ?? '').length
    const result = index % 2 === 0 ? assembly.onHeaderName(position, end) : assembly.onHeaderValue(position, end)
    if (result !== 0) return false
    position = end
  }
  return true
}
