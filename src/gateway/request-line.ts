// What a request asks for: host, and the target as its backend will get it.
import type { IncomingMessage } from 'node:http'
import { valuesOf } from './headers.js'

/** Where a request wants to go. */
export interface Asked {
  readonly host: string
  /** Begins with a slash; byte for byte what was sent. */
  readonly target: string
  /** The target up to its query. */
  readonly path: string
}

/** @returns `undefined` for what no backend could be sent: several Hosts, or a target of another form (`*`). */
export function readRequestLine(request: IncomingMessage): Asked | undefined {
  const [hostHeader = '', ...others] = valuesOf(request.rawHeaders, 'host')
  if (others.length > 0) return undefined
  const url = request.url ?? ''
  // RFC 9112 3.2.2: the host of an absolute target stands above the header.
  const absolute = /^https?:\/\/([^/?#]+)(.*)$/is.exec(url)
  const host = absolute?.[1] ?? hostHeader
  const rest = absolute === null ? url : (absolute[2] ?? '')
  const target = absolute !== null && !rest.startsWith('/') ? `/${rest}` : rest
  if (!target.startsWith('/')) return undefined
  return { host, target, path: target.split('?', 1)[0] ?? '' }
}
