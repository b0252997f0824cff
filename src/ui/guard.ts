// Who may ask the page's server: names against DNS rebinding, origins against other sites' pages, and what browsers are told.
import { isIP } from 'node:net'

/** What a request says of itself; header values as node:http gives them. */
export interface GuardedRequest {
  readonly method: string
  readonly host: string | undefined
  readonly origin: string | undefined
  readonly fetchSite: string | undefined
  readonly path: string
}

/** Why a request is not answered. */
export interface Refusal {
  readonly status: 400 | 403 | 405 | 421
  readonly reason: string
}

/** The one form of the page. */
export const loginPath = '/login'

/**
 * Nothing but the page's own files; no markup from strings; nobody may frame it. Event payloads are attacks: should one ever
 * become markup, it still does not run and reaches nobody.
 */
export const contentSecurityPolicy: string = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

/** Sent with every answer. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  // Not "no-referrer": with that a browser sends the login form as of origin "null".
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
  'cache-control': 'no-store',
}

/**
 * @param allowedHosts - names under which the page may be asked for, in lower case. IP addresses and localhost always may: a
 *   page on another site can only send its own name, which is what DNS rebinding relies on.
 * @returns why the request is refused, `undefined` when it is not.
 */
export function refuse(request: GuardedRequest, allowedHosts: ReadonlySet<string>): Refusal | undefined {
  // No HEAD for the form: it would count as a wrong token, and browsers send it for other sites without saying whose.
  const methods = request.path === loginPath ? ['POST'] : ['GET', 'HEAD']
  if (!methods.includes(request.method)) {
    return { status: 405, reason: 'only GET is answered' }
  }
  const name = hostNameOf(request.host)
  if (name === undefined) return { status: 400, reason: 'the Host header is missing or no host' }
  if (!isAllowed(name, allowedHosts)) {
    return { status: 421, reason: 'this name is not allowed; add it with --ui-hosts' }
  }
  if (request.origin !== undefined && !isSameOrigin(request.origin, request.host)) {
    return { status: 403, reason: 'asked for by a page of another origin' }
  }
  // A link to the page from elsewhere is no harm; data and scripts have no business there.
  if (request.fetchSite === 'cross-site' && request.path !== '/') {
    return { status: 403, reason: 'asked for by a page of another site' }
  }
  return undefined
}

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

function isAllowed(name: string, allowedHosts: ReadonlySet<string>): boolean {
  return name === 'localhost' || isIP(name) !== 0 || allowedHosts.has(name)
}

/** Host without port and brackets, in lower case; `undefined` when it is none. */
function hostNameOf(host: string | undefined): string | undefined {
  const parts = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9_.-]+))(?::\d{1,5})?$/i.exec(host ?? '')
  return (parts?.[1] ?? parts?.[2])?.toLowerCase()
}

/** The page has one origin: that of the Host it was asked for under. `null`: sandboxed frames and the like. */
function isSameOrigin(origin: string, host: string | undefined): boolean {
  return origin === `http://${host}` || origin === `https://${host}`
}
