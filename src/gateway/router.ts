// Finds the route of a request: exact before subtree, long before short, a named host before any host.
import type { Route } from './route.js'

/** The routes of a gateway, ready for look-up. */
export class Router {
  /** By host; the empty name is any host. Each list is ordered so that the first that fits is the one. */
  readonly #routesByHost: ReadonlyMap<string, readonly Route[]>

  constructor(routes: readonly Route[]) {
    const byHost = Map.groupBy(routes, ({ host }) => host)
    this.#routesByHost = new Map([...byHost].map(([host, members]) => [host, members.toSorted(compareRoutes)]))
  }

  /**
   * @param host - as in the Host header, with or without port.
   * @param path - the target up to its query, as it was sent: neither decoded nor normalised, since that is how it is
   *   passed on. `/users/../x` is below `/users/` and the backend there has to make of it what it will.
   */
  find(host: string, path: string): Route | undefined {
    const name = withoutPort(host).toLowerCase()
    return this.#findIn(name, path) ?? (name === '' ? undefined : this.#findIn('', path))
  }

  #findIn(host: string, path: string): Route | undefined {
    return this.#routesByHost.get(host)?.find((route) => isMatch(route, path))
  }
}

function isMatch(route: Route, path: string): boolean {
  return route.path.endsWith('/') ? path.startsWith(route.path) : path === route.path
}

/** Longer paths first: of two that both fit, one begins with the other. */
function compareRoutes(one: Route, other: Route): number {
  return other.path.length - one.path.length
}

function withoutPort(host: string): string {
  return host.replace(/:\d*$/, '')
}
