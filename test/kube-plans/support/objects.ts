// Gateway API objects as an API server would return them, for tests of plans.
import { applyPatch } from '#src/kube/json/json-patch.js'
import { isObject, type JsonObject, type JsonValue } from '#src/kube/json/json-value.js'
import type { MirrorTarget } from '#src/kube/plan/mirror-filter.js'
import { shareOfPercent } from '#src/kube/plan/mirror-share.js'
import { refOf } from '#src/kube/plan/object-ref.js'
import { type MirrorChoices, planMirror } from '#src/kube/plan/plan-mirror.js'
import type { RoutePlan } from '#src/kube/plan/route-plan.js'

export const target: MirrorTarget = { namespace: 'mirror', service: 'request-mirror', port: 8080, share: undefined }
export const choices: MirrorChoices = { includeRedirects: false, adopt: false }

/** A target with a share in percent. */
export function targetWithPercent(percent: number): MirrorTarget {
  return { ...target, share: shareOfPercent(percent) }
}

/** A route in namespace `shop` unless `metadata` says otherwise. */
export function route(rules: readonly JsonValue[], metadata: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { namespace: 'shop', name: 'checkout', resourceVersion: '7', ...metadata },
    spec: { parentRefs: [{ name: 'gw' }], rules: [...rules] },
  }
}

/** A rule that sends a path to the backend `foo`. */
export function rule(path: string, filters?: readonly JsonValue[], more: JsonObject = {}): JsonObject {
  return {
    matches: [{ path: { type: 'PathPrefix', value: path } }],
    backendRefs: [{ group: '', kind: 'Service', name: 'foo', port: 80, weight: 1 }],
    ...(filters === undefined ? {} : { filters: [...filters] }),
    ...more,
  }
}

/** A RequestMirror filter; by default to the target, with the fields that the API server fills in. */
export function mirrorFilter(backendRef: JsonObject = {}, more: JsonObject = {}): JsonObject {
  return {
    type: 'RequestMirror',
    requestMirror: {
      backendRef: {
        group: '',
        kind: 'Service',
        name: 'request-mirror',
        namespace: 'mirror',
        port: 8080,
        ...backendRef,
      },
      ...more,
    },
  }
}

export const headerFilter: JsonObject = {
  type: 'RequestHeaderModifier',
  requestHeaderModifier: { add: [{ name: 'x-a', value: 'b' }] },
}

/** Plans and applies; the route as the API server would store it. */
export function patched(
  before: JsonObject,
  to: MirrorTarget = target,
  how: MirrorChoices = choices,
): { plan: RoutePlan; after: JsonObject } {
  const plan = planMirror(refOf(before, 'HTTPRoute'), before, to, how)
  return { plan, after: applyTo(before, plan) }
}

/** The object after a plan. */
export function applyTo(before: JsonObject, plan: Pick<RoutePlan, 'operations'>): JsonObject {
  const after = applyPatch(before, plan.operations)
  if (!isObject(after)) throw new Error('a patch made something else of an object')
  return after
}
