// RequestMirror filters: which Service one names, compared the way the API server would after filling in its defaults.
import { arrayAt, isObject, type JsonObject, type JsonValue, numberAt, objectAt, stringAt } from '../json/json-value.js'
import { type MirrorShare, readShare, shareFields } from './mirror-share.js'

/** Where copies go. */
export interface MirrorTarget {
  readonly namespace: string
  readonly service: string
  readonly port: number
  /** `undefined`: new filters mirror everything, and existing ones keep their share. */
  readonly share: MirrorShare | undefined
}

/** A RequestMirror filter that names the target's Service, on whatever port. */
export interface FoundMirror {
  /** Position in the rule's `filters`. */
  readonly index: number
  readonly requestMirror: JsonObject
  readonly port: number | undefined
  readonly share: MirrorShare
}

/** `mirror/request-mirror`: names the Service in records and messages. */
export function targetKey(target: Pick<MirrorTarget, 'namespace' | 'service'>): string {
  return `${target.namespace}/${target.service}`
}

/** `mirror/request-mirror:8080 (10%)`-like, for people, without the share. */
export function describeTarget(target: MirrorTarget): string {
  return `${targetKey(target)}:${target.port}`
}

/** The filters of a rule that mirror to the target's Service. */
export function findMirrors(rule: JsonValue, routeNamespace: string, target: ServiceName): FoundMirror[] {
  return arrayAt(rule, 'filters').flatMap((filter, index) => {
    const requestMirror = objectAt(filter, 'requestMirror')
    if (requestMirror === undefined || !isMirrorTo(filter, routeNamespace, target)) return []
    return [
      { index, requestMirror, port: numberAt(requestMirror, 'backendRef', 'port'), share: readShare(requestMirror) },
    ]
  })
}

/** How many RequestMirror filters of a rule name something else than the target's Service. */
export function countOtherMirrors(rule: JsonValue, routeNamespace: string, target: ServiceName): number {
  return arrayAt(rule, 'filters').filter((filter) => isMirror(filter) && !isMirrorTo(filter, routeNamespace, target))
    .length
}

/** Whether a backendRef of the rule has a filter of its own that mirrors to the target's Service. */
export function hasBackendMirror(rule: JsonValue, routeNamespace: string, target: ServiceName): boolean {
  return arrayAt(rule, 'backendRefs').some((backend) => findMirrors(backend, routeNamespace, target).length > 0)
}

/** The filter that mirrorwaf adds. Group and kind are written out, so that what is stored equals what was sent. */
export function createMirrorFilter(target: MirrorTarget): JsonObject {
  return {
    type: 'RequestMirror',
    requestMirror: {
      backendRef: {
        group: '',
        kind: 'Service',
        name: target.service,
        namespace: target.namespace,
        port: target.port,
      },
      ...(target.share === undefined ? {} : shareFields(target.share)),
    },
  }
}

type ServiceName = Pick<MirrorTarget, 'namespace' | 'service'>

function isMirror(filter: JsonValue): boolean {
  return isObject(filter) && stringAt(filter, 'type') === 'RequestMirror'
}

/** The defaults are those of BackendObjectReference: group "", kind Service, namespace of the route. */
function isMirrorTo(filter: JsonValue, routeNamespace: string, target: ServiceName): boolean {
  const backend = isMirror(filter) ? objectAt(filter, 'requestMirror', 'backendRef') : undefined
  return (
    backend !== undefined &&
    (stringAt(backend, 'group') ?? '') === '' &&
    (stringAt(backend, 'kind') ?? 'Service') === 'Service' &&
    stringAt(backend, 'name') === target.service &&
    (stringAt(backend, 'namespace') ?? routeNamespace) === target.namespace
  )
}
