// The few answers a mirror gives, as bytes. A gateway ignores them all; what matters is when they come and whether the
// connection lives on (spec gateways.md: nginx reuses a connection only after an answer without a body, so 204).
// No Date: nobody caches or reads an answer to a copy, and each header is bytes on every request.

/** After the body, before the rules: the connection carries the next copy. */
export const acknowledged = 'HTTP/1.1 204 No Content\r\n\r\n'
/** The same, but the connection ends: HTTP/1.0, `Connection: close`, drain, age. */
export const acknowledgedAndClosing = 'HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n'
/** RFC 9110 10.1.1. */
export const goOnWithBody = 'HTTP/1.1 100 Continue\r\n\r\n'
/** Framing is lost; never a 5xx, which Envoy's outlier detection would count. */
export const badRequest = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'
export const requestTimeout = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'
export const headTooLarge =
  'HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'

/** Pipelined requests of one chunk are answered with one write; the common counts are made once. */
const prepared: readonly string[] = Array.from({ length: 64 }, (_, count) => acknowledged.repeat(count))

/** `count` acknowledgements in one string. */
export function acknowledgements(count: number): string {
  return prepared[count] ?? acknowledged.repeat(count)
}
