// Just enough HTTP/1 to take whole messages out of a byte stream: what the stand-in backend and the raw client need.

export interface HttpMessage {
  /** The first line, as sent. */
  readonly startLine: string
  /** Names in lower case; values of repeated names in order of arrival. Null prototype. */
  readonly headers: Readonly<Record<string, readonly string[]>>
  /** Without chunked framing. */
  readonly body: Buffer
  /** Bytes it took in the stream. */
  readonly byteLength: number
}

/** How the end of a message without Content-Length and chunked framing is found. */
export type DefaultFraming = 'no-body' | 'until-close'

interface Body {
  readonly bytes: Buffer
  readonly end: number
}

/**
 * Takes the first whole message out of `bytes`.
 * @param isEnded - the stream is over: a body that lasts until the close is whole.
 * @returns `undefined` if the message is not whole yet.
 */
export function takeMessage(bytes: Buffer, framing: DefaultFraming, isEnded = false): HttpMessage | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const [startLine = '', ...lines] = bytes.toString('latin1', 0, headEnd).split('\r\n')
  const headers = readHeaders(lines)
  const body = takeBody(bytes, headEnd + 4, headers, startLine, framing, isEnded)
  if (body === undefined) return undefined
  return { startLine, headers, body: body.bytes, byteLength: body.end }
}

/** First value of a header, `undefined` if there is none. */
export function headerOf(message: HttpMessage, name: string): string | undefined {
  return message.headers[name]?.[0]
}

function readHeaders(lines: readonly string[]): Record<string, string[]> {
  const headers: Record<string, string[]> = Object.create(null)
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    const values = headers[name] ?? []
    values.push(line.slice(colon + 1).trim())
    headers[name] = values
  }
  return headers
}

function takeBody(
  bytes: Buffer,
  start: number,
  headers: Readonly<Record<string, readonly string[]>>,
  startLine: string,
  framing: DefaultFraming,
  isEnded: boolean,
): Body | undefined {
  if (headers['transfer-encoding']?.[0]?.toLowerCase() === 'chunked') return takeChunks(bytes, start)
  const declared = headers['content-length']?.[0]
  if (declared !== undefined) return takeRange(bytes, start, Number(declared))
  if (framing === 'no-body' || / (1\d\d|204|304)\b/.test(startLine)) return { bytes: Buffer.alloc(0), end: start }
  return isEnded ? takeRange(bytes, start, bytes.length - start) : undefined
}

function takeRange(bytes: Buffer, start: number, length: number): Body | undefined {
  const end = start + length
  return bytes.length < end ? undefined : { bytes: Buffer.from(bytes.subarray(start, end)), end }
}

function takeChunks(bytes: Buffer, start: number): Body | undefined {
  const pieces: Buffer[] = []
  let position = start
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', position)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(bytes.toString('latin1', position, lineEnd), 16)
    const dataStart = lineEnd + 2
    if (size === 0) return takeTrailerEnd(bytes, dataStart, pieces)
    if (bytes.length < dataStart + size + 2) return undefined
    pieces.push(bytes.subarray(dataStart, dataStart + size))
    position = dataStart + size + 2
  }
}

function takeTrailerEnd(bytes: Buffer, start: number, pieces: readonly Buffer[]): Body | undefined {
  let position = start
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', position)
    if (lineEnd < 0) return undefined
    if (lineEnd === position) return { bytes: Buffer.concat(pieces), end: lineEnd + 2 }
    position = lineEnd + 2
  }
}
