// One line of a combined (or common) access log -> HTTP/1.1 bytes: request line, referer, user agent.
// Lines are handled as latin1, one character per byte, so that escaped and raw bytes come out as they arrived.
import { writeRawRequest } from './raw-request.js'

/** A request as far as a log line tells it. */
export interface LoggedRequest {
  readonly raw: Buffer
  /** The address at the start of the line: who connected. */
  readonly peer: string
}

/**
 * @param line - without its line break, decoded as latin1.
 * @returns `no-request` when the line tells of none (`"-"`, as after a timeout), `undefined` when it is not of this format.
 */
export function logLineToRequest(line: string): LoggedRequest | 'no-request' | undefined {
  const parts = logLine.exec(line)
  if (parts === null) return undefined
  const [, virtualHost, peer = '', requestText = '', referer = '-', userAgent = '-'] = parts
  const requestLine = unescapeLogText(requestText)
  if (requestLine === '' || requestLine === '-') return 'no-request'
  const headers: [string, string][] = []
  if (virtualHost !== undefined) headers.push(['Host', virtualHost])
  if (referer !== '-') headers.push(['Referer', unescapeLogText(referer)])
  if (userAgent !== '-') headers.push(['User-Agent', unescapeLogText(userAgent)])
  return {
    raw: writeRawRequest({ requestLine: toHttp1(requestLine), headers, body: undefined, encoding: 'latin1' }),
    peer,
  }
}

/** Undoes what servers do to quotes and control bytes: `\"`, `\\`, `\xHH`, and Apache's `\n \r \t \b \f \v`. */
export function unescapeLogText(text: string): string {
  return text.replace(
    /\\(?:x([0-9a-fA-F]{2})|(.))/gs,
    (whole, hex: string | undefined, character: string | undefined) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
      return namedEscapes.get(character ?? '') ?? (character === '"' || character === '\\' ? character : whole)
    },
  )
}

const namedEscapes: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['b', '\b'],
  ['f', '\f'],
  ['v', '\v'],
])

/** `[vhost ]peer ident user [time] "request" status bytes[ "referer" "user agent"...]`; quoted texts may hold `\"`. */
const quoted = '"((?:[^"\\\\]|\\\\.)*)"'
const logLine = new RegExp(
  `^(?:(\\S+) )?(\\S+) \\S+ \\S+ \\[[^\\]]*\\] ${quoted} (?:\\d{3}|-) (?:\\d+|-)(?: ${quoted} ${quoted})?`,
  's',
)

/** A mirrored copy of an HTTP/2 or HTTP/3 request is sent as HTTP/1.1. */
function toHttp1(requestLine: string): string {
  return requestLine.replace(/ HTTP\/[23](?:\.0)?$/, ' HTTP/1.1')
}
