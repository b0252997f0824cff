// Writes one request as HTTP/1.1 bytes. Whatever the recorded parts hold, the result is framed as exactly one request.

/** A recorded request. Texts are written in `encoding`. */
export interface RequestParts {
  /** `METHOD target HTTP/1.1`. */
  readonly requestLine: string
  /** In order; repeated names stay repeated. Framing headers are left out and written anew. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer | undefined
  /** `latin1` when each character stands for one byte. */
  readonly encoding: 'utf8' | 'latin1'
}

/** The bytes of the request. */
export function writeRawRequest({ requestLine, headers, body, encoding }: RequestParts): Buffer {
  const lines = [oneLine(requestLine)]
  for (const [name, value] of headers) {
    const writtenName = name.replace(/[\s:]/g, '')
    if (writtenName !== '' && !framingHeaders.has(writtenName.toLowerCase()))
      lines.push(`${writtenName}: ${oneLine(value)}`)
  }
  if (body !== undefined) lines.push(`Content-Length: ${body.length}`)
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, encoding)
  return body === undefined ? head : Buffer.concat([head, body])
}

/** They described the recorded connection. */
const framingHeaders: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'connection', 'expect'])

function oneLine(text: string): string {
  return text.replace(/[\r\n]/g, ' ')
}
