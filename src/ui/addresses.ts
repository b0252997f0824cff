// Where in a request something is, in words a person on duty has.

/** What one address holds; `one` with a key path, `any` without. */
interface Place {
  readonly one: string
  readonly any: string
}

const places: Readonly<Record<string, Place>> = {
  'server.request.query': { one: 'query parameter', any: 'query parameter' },
  'server.request.body': { one: 'body field', any: 'body field' },
  'server.request.body.filenames': { one: 'name of an uploaded file', any: 'name of an uploaded file' },
  'server.request.body.files_content': { one: 'content of an uploaded file', any: 'content of an uploaded file' },
  'server.request.path_params': { one: 'path segment', any: 'path segment' },
  'server.request.headers.no_cookies': { one: 'header', any: 'header' },
  'server.request.cookies': { one: 'cookie', any: 'cookie' },
  'server.request.uri.raw': { one: 'request target', any: 'the request target' },
  'server.request.method': { one: 'method', any: 'the method' },
  'server.request.jwt': { one: 'bearer token (JWT)', any: 'part of the bearer token (JWT)' },
  'http.client_ip': { one: 'client address', any: 'the client address' },
}

/** Addresses whose keys are names; in bodies and paths a number may as well be a position in a list. */
const namedAddresses: readonly string[] = [
  'server.request.query',
  'server.request.headers.no_cookies',
  'server.request.cookies',
]

/** E.g. `query parameter "id"`. */
export function placeWords(address: string, keyPath: readonly string[]): string {
  const place = places[address]
  const path = shownPath(address, keyPath)
  if (place === undefined) return path.length === 0 ? address : `${address} ${quote(path)}`
  return path.length === 0 ? place.any : `${place.one} ${quote(path)}`
}

/** E.g. `any query parameter, body field or header "referer"`. What no mirrored request carries is left out beside what one does. */
export function anyOf(inputs: readonly { readonly address: string; readonly keyPath: readonly string[] }[]): string {
  const carried = inputs.filter(({ address }) => Object.hasOwn(places, address))
  const shown = carried.length > 0 ? carried : inputs
  const words = new Set(shown.map(({ address, keyPath }) => placeWords(address, keyPath)))
  const list = new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(words)
  return shown[0]?.keyPath.length === 0 && !list.startsWith('the ') ? `any ${list}` : list
}

/** Whether the first key of an address is a name that a sender or a program gave. */
export function hasNames(address: string): boolean {
  return namedAddresses.includes(address)
}

/** The position of a repeated parameter says nothing to a reader; in lists of bodies it does. */
function shownPath(address: string, keyPath: readonly string[]): readonly string[] {
  return hasNames(address) ? keyPath.slice(0, 1) : keyPath
}

function quote(path: readonly string[]): string {
  return `"${path.join('.')}"`
}
