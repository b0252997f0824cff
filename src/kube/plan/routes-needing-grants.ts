// Which routes need a ReferenceGrant: those of other namespaces that mirror to the Service, whoever added the filter.
import { arrayAt, type JsonObject } from '../json/json-value.js'
import { findMirrors, hasBackendMirror, type MirrorTarget } from './mirror-filter.js'
import { findRouteKind, type ObjectRef } from './object-ref.js'
import { entryKey, type GrantEntry } from './plan-grants.js'

/** A route as it stands or will stand; `undefined`: it is gone. */
export interface MirroringRoute {
  readonly ref: ObjectRef
  readonly route: JsonObject | undefined
}

/** The entries that these routes need, each once. */
export function entriesNeeded(
  routes: readonly MirroringRoute[],
  target: Pick<MirrorTarget, 'namespace' | 'service'>,
): GrantEntry[] {
  const needed = new Map<string, GrantEntry>()
  for (const { ref, route } of routes) {
    const kind = findRouteKind(ref.kind)
    if (kind === undefined || ref.namespace === target.namespace || !mirrorsTo(route, ref.namespace, target)) continue
    const entry = { kind, namespace: ref.namespace }
    needed.set(entryKey(entry), entry)
  }
  return [...needed.values()]
}

/** Whether any rule of a route mirrors to the Service. */
export function mirrorsTo(
  route: JsonObject | undefined,
  namespace: string,
  target: Pick<MirrorTarget, 'namespace' | 'service'>,
): boolean {
  return arrayAt(route, 'spec', 'rules').some(
    (rule) => findMirrors(rule, namespace, target).length > 0 || hasBackendMirror(rule, namespace, target),
  )
}
