// A route as text, `[HOST]/PATH[=URL]`: which requests it takes and which backend they go to.
import type { ValueKind } from '../options/kinds/option-kind.js'

/** One route. */
export interface Route {
  /** In lower case, without port; empty = any host. */
  readonly host: string
  /** Begins with a slash. With one at its end too it stands for all below it, else for itself alone. */
  readonly path: string
  /** Scheme, host and port of the backend; `undefined` = there is none yet, and the route answers 501. */
  readonly origin: string | undefined
}

/** A route, normalised by `formatRoute`. */
export const routeKind: ValueKind<string> = {
  placeholder: '[HOST]/PATH=URL',
  accepted:
    '[HOST]/PATH=http://HOST[:PORT] or https://...: /users/ is all below it, /users itself alone; without =URL it answers 501',
  parse: normalise,
  format: (value) => value,
  check: (value) => (typeof value === 'string' ? normalise(value) : undefined),
}

/**
 * Reads a route; `undefined` when the text is none. A backend is an origin: a path in its URL would have to be joined with
 * the request's, whose bytes are passed on as they came.
 */
export function parseRoute(text: string): Route | undefined {
  const parts = /^([^/=\s]*)(\/[^?#=\s]*)(?:=(https?:\/\/\S*)?)?$/.exec(text)
  const [, host = '', path, url] = parts ?? []
  if (path === undefined || !/^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]*)$/i.test(host)) return undefined
  if (url === undefined) return { host: host.toLowerCase(), path, origin: undefined }
  const origin = readOrigin(url)
  return origin === undefined ? undefined : { host: host.toLowerCase(), path, origin }
}

/** The text that `parseRoute` reads as the same route. */
export function formatRoute({ host, path, origin }: Route): string {
  return `${host}${path}=${origin ?? ''}`
}

function normalise(text: string): string | undefined {
  const route = parseRoute(text)
  return route === undefined ? undefined : formatRoute(route)
}

function readOrigin(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || url.hostname === '' || url.port === '0') return undefined
  const isBare =
    url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '' && url.password === ''
  return isBare ? url.origin : undefined
}
