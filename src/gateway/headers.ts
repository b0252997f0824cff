// Header lists as they stand on the wire: name, value, name, value. Order, case and repeated lines stay.

/** Names at even places, values at odd ones; each character is one byte (latin1). */
export type HeaderList = readonly string[]

/**
 * Names that concern one connection and are never passed on (RFC 9110 7.6.1, with the older `Keep-Alive` and
 * `Proxy-Connection`). `Host` is none of them. `Expect` is answered by the gateway's own HTTP server, `Trailer` announces
 * what is not passed on.
 */
const hopByHopNames: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** What `Connection` may not take away: without them a request would arrive as another one. */
const protectedNames: ReadonlySet<string> = new Set(['content-length', 'host'])

/** The headers that go on to the next hop: without hop-by-hop ones and those that `Connection` names. */
export function dropHopByHop(headers: HeaderList): string[] {
  const named = namesInConnection(headers)
  return dropHeaders(headers, (name) => hopByHopNames.has(name) || (named.has(name) && !protectedNames.has(name)))
}

/** @param isDropped - called with each name in lower case. */
export function dropHeaders(headers: HeaderList, isDropped: (name: string) => boolean): string[] {
  const kept: string[] = []
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? ''
    if (!isDropped(name.toLowerCase())) kept.push(name, headers[i + 1] ?? '')
  }
  return kept
}

/** All values of a header, in order. @param name - in lower case. */
export function valuesOf(headers: HeaderList, name: string): string[] {
  const values: string[] = []
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (headers[i]?.toLowerCase() === name) values.push(headers[i + 1] ?? '')
  }
  return values
}

function namesInConnection(headers: HeaderList): ReadonlySet<string> {
  const names = valuesOf(headers, 'connection').flatMap((value) => value.split(','))
  return new Set(names.map((name) => name.trim().toLowerCase()))
}
