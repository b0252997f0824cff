// Takes a copy of a request out of Kong. Every question to Kong is a turn over its socket while the client waits, so few are
// asked, and none whose answer is known.

/** Names that concern one connection (RFC 9110 7.6.1), and those that are said anew about the copy. */
const leftOut = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-forwarded-for',
])

/** Set by mirrorwaf's own senders about a copy; from a client they would be lies. */
const ownPrefix = 'x-mirrorwaf-'

/** The header that says a copy does not hold all of its body. The receiver believes it from its `--peers` only. */
const truncatedHeader = 'X-Mirrorwaf-Truncated'

/** Kong's own upper bound for get_headers. */
const mostHeaders = 1000
const noBody = Buffer.alloc(0)

/** Kong's default for nginx_http_client_body_buffer_size: a body of this length was not spooled. */
const leastBufferBytes = 8192
/** Requests whose body is not looked for when no header speaks of one. */
const mostlyBodyless = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE', 'TRACE'])

/**
 * Copies the request that Kong is in the access phase of.
 * @param {object} kong the PDK
 * @param {number} bodyLimitBytes longest body that Kong is asked for
 * @returns {Promise<import('./sender').Copy>}
 */
async function captureRequest(kong, bodyLimitBytes) {
  const method = await kong.request.getMethod()
  const target = toBytes(await kong.request.getPathWithQuery())
  const given = toEntries(await kong.request.getHeaders(mostHeaders))
  const ip = await kong.client.getIp()
  const { body, isTruncated } = await captureBody(kong, method, given, bodyLimitBytes)
  const named = namesIn(given, 'connection')
  const headers = given
    .filter(([name]) => !leftOut.has(name) && !named.has(name) && !name.startsWith(ownPrefix))
    .flatMap(([name, values]) => values.flatMap((value) => [name, value]))
  // HTTP/1.0 has requests without a Host; the copy is HTTP/1.1, where an empty one says the same (RFC 9112 3.2).
  if (valuesOf(given, 'host').length === 0) headers.push('Host', '')
  const chain = [...valuesOf(given, 'x-forwarded-for'), ip].filter((address) => typeof address === 'string' && address)
  headers.push('X-Forwarded-For', chain.join(', '))
  if (isTruncated) headers.push(truncatedHeader, '1')
  return { method, target, headers, body }
}

/**
 * A body that nginx has spooled to disk must not be asked for: Kong then fails in its own encoder ("attempt to get length of
 * local 'str'", Kong/kong-js-pdk issue 395), and the client gets a 500. One whose length says that it fits into nginx's
 * buffer is asked for at once; others only when Kong says where they are. What is not asked for is marked.
 */
async function captureBody(kong, method, headers, bodyLimitBytes) {
  const length = await declaredLength(kong, method, headers)
  if (length === 0) return { body: noBody, isTruncated: false }
  if (length > bodyLimitBytes) return { body: noBody, isTruncated: true }
  const isAtHand = length <= leastBufferBytes || (await isInMemory(kong, headers))
  if (!isAtHand) return { body: noBody, isTruncated: true }
  const answer = await kong.request.getRawBody()
  const body = typeof answer === 'string' ? Buffer.from(answer) : answer
  if (!(body instanceof Uint8Array)) return { body: noBody, isTruncated: true }
  return { body: body.subarray(0, bodyLimitBytes), isTruncated: body.length > bodyLimitBytes }
}

/** @returns the length of the body; NaN when no header tells. */
async function declaredLength(kong, method, headers) {
  if (valuesOf(headers, 'transfer-encoding').length > 0) return Number.NaN
  const [length] = valuesOf(headers, 'content-length')
  if (length !== undefined) return /^\d+$/.test(length) ? Number(length) : Number.NaN
  // HTTP/2 needs neither header for a body; in HTTP/1 there is none then.
  return mostlyBodyless.has(method) || (await kong.request.getHttpVersion()) < 2 ? 0 : Number.NaN
}

/**
 * Whether all of the body is in nginx's memory, for one that may not be. To know that, it has to be read, which is done through
 * a question that cannot fail on what a client sent: at most one form field comes back, or nothing. A route without
 * `request_buffering`, or of gRPC, streams its bodies; reading them would hold them up, so they are left alone.
 */
async function isInMemory(kong, headers) {
  if (valuesOf(headers, 'content-type').some((type) => type.startsWith('application/grpc'))) return false
  const route = await kong.router.getRoute()
  if (route?.request_buffering !== true || listOf(route.protocols).some((name) => name.startsWith('grpc'))) return false
  await kong.request.getBody('application/x-www-form-urlencoded', 1)
  return !(await kong.nginx.getVar('request_body_file'))
}

/**
 * Kong gives a map from names to lists of values (none for a header without a value), kong-pdk's harness a list of pairs.
 * @returns {[name: string, values: string[]][]} names in lower case; one character per byte.
 */
function toEntries(headers) {
  const pairs = Array.isArray(headers) ? headers : Object.entries(headers ?? {})
  return pairs.map(([name, value]) => {
    const values = Array.isArray(value) ? value : [value]
    return [toBytes(String(name)).toLowerCase(), values.length === 0 ? [''] : values.map((one) => toBytes(String(one)))]
  })
}

/** MessagePack's strings are read as UTF-8; on the wire they were bytes. */
function toBytes(text) {
  return Buffer.from(text, 'utf8').toString('latin1')
}

function valuesOf(entries, name) {
  return entries.filter(([key]) => key === name).flatMap(([, values]) => values)
}

/** Lua's empty table may arrive as a map. */
function listOf(value) {
  return Array.isArray(value) ? value : []
}

function namesIn(entries, name) {
  return new Set(valuesOf(entries, name).flatMap((value) => value.split(',').map((part) => part.trim().toLowerCase())))
}

module.exports = { captureRequest, truncatedHeader }
