// What decoders get for an address that no rule looks at: it is done before it begins, so they skip the address.
import type { RequestAddress, ValueVisitor } from '../../request/value-visitor.js'

/**
 * Addresses whose walk serves nothing but the address itself. The walk over headers also finds the cookies, the one over a
 * body its file names: those are always walked.
 */
const skippable: ReadonlySet<RequestAddress> = new Set([
  'server.request.cookies',
  'server.request.query',
  'server.request.path_params',
] as const)

export function isSkippable(address: RequestAddress): boolean {
  return skippable.has(address)
}

export const idleVisitor: ValueVisitor = Object.freeze({
  isDone: true,
  openMap() {},
  closeMap() {},
  openList() {},
  closeList() {},
  key() {},
  string() {},
  number() {},
  boolean() {},
  nil() {},
})
