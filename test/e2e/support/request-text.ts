// Requests as bytes, spelt out.

export interface RequestParts {
  readonly method?: string
  readonly target: string
  readonly host?: string
  /** Whole lines, without their ends. */
  readonly headers?: readonly string[]
  readonly type?: string
  readonly body?: string | Buffer
  /** Sends the body in chunks of this many bytes instead of with its length. */
  readonly chunkBytes?: number
}

/** The host that test requests name. */
export const testHost = 'app.example:8443'

/** One HTTP/1.1 request. Text is written as UTF-8, so that a target may hold any character. */
export function requestText(parts: RequestParts): Buffer {
  const { target, host = testHost, headers = [], type, body, chunkBytes } = parts
  const method = parts.method ?? (body === undefined ? 'GET' : 'POST')
  const lines = [`${method} ${target} HTTP/1.1`, `Host: ${host}`, ...headers]
  if (type !== undefined) lines.push(`Content-Type: ${type}`)
  const bytes = Buffer.from(body ?? '')
  if (chunkBytes !== undefined) lines.push('Transfer-Encoding: chunked')
  else if (body !== undefined) lines.push(`Content-Length: ${bytes.length}`)
  const payload = chunkBytes === undefined ? bytes : inChunks(bytes, chunkBytes)
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), payload])
}

function inChunks(bytes: Buffer, chunkBytes: number): Buffer {
  const pieces: Buffer[] = []
  for (let start = 0; start < bytes.length; start += chunkBytes) {
    const chunk = bytes.subarray(start, start + chunkBytes)
    pieces.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'))
  }
  return Buffer.concat([...pieces, Buffer.from('0\r\n\r\n')])
}
