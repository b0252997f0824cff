// The one contract between what decodes a request and what looks at it: a walk over bytes, without building objects.
// Stage: record -> [decode] -> prefilter or engine. Hot path: a decoder calls these methods, it allocates nothing per value.
// The same decoder thus feeds the prefilter (scans the bytes in place) and the engine (builds its input object).

/**
 * `multi` marks maps whose values are lists by nature (headers, cookies, query, forms): each `string` under a key appends
 * to that key's list, as the Go mirror's `map[string][]string`. In a `plain` map (JSON) a value stands alone; a repeated key
 * keeps all its values.
 */
export type MapKind = 'plain' | 'multi'

/**
 * Receives a value tree in document order. Bytes are valid UTF-8 and borrowed: they are valid only during the call, because
 * decoders reuse their scratch buffers. `start` is the first byte, `end` one past the last. No string and no key is longer
 * than the engine's limit of 4096 bytes: decoders cut longer ones into overlapping windows, so that every visitor sees the
 * very strings that the engine would match (`^`, `$` and word boundaries at window borders included).
 */
export interface ValueVisitor {
  /** True once the visitor needs nothing more; decoders look at it between values and may return early. */
  readonly isDone: boolean
  openMap(kind: MapKind): void
  closeMap(): void
  openList(): void
  closeList(): void
  /** The key of the next value of the open map. */
  key(bytes: Uint8Array, start: number, end: number): void
  string(bytes: Uint8Array, start: number, end: number): void
  /** Numbers, booleans and null are scalars that no string matcher of the engine looks at; they only shape the tree. */
  number(value: number): void
  boolean(value: boolean): void
  nil(): void
}

/** WAF addresses that a mirrored request can fill (libddwaf names; spec: appsec.md section 1). */
export const requestAddresses = [
  'server.request.method',
  'server.request.uri.raw',
  'server.request.headers.no_cookies',
  'server.request.cookies',
  'server.request.query',
  'server.request.path_params',
  'http.client_ip',
  'server.request.body',
  'server.request.body.filenames',
] as const
export type RequestAddress = (typeof requestAddresses)[number]

const requestAddressSet: ReadonlySet<string> = new Set(requestAddresses)

/** Whether a mirrored request can fill it directly. */
export function isRequestAddress(name: string): name is RequestAddress {
  return requestAddressSet.has(name)
}

/**
 * Hands out the visitor for one address; a value tree is then sent to it. More than one is when content goes on after its
 * end (JSON values one after another, text after a syntax fault); each address is asked for once per walk.
 */
export interface AddressSink {
  address(name: RequestAddress): ValueVisitor
}
