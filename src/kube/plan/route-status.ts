// How a route stands against what it should be: the same plan as patching, read instead of carried out.
import { arrayAt, type JsonObject, objectsAt, stringAt } from '../json/json-value.js'
import { findMirrors, type MirrorTarget, targetKey } from './mirror-filter.js'
import { describeShare, type MirrorShare } from './mirror-share.js'
import { isOptedOut, type ObjectRef } from './object-ref.js'
import { entryKey, type GrantEntry } from './plan-grants.js'
import { type MirrorChoices, planMirror } from './plan-mirror.js'
import { describeRule } from './route-plan.js'
import { readRecords } from './route-record.js'
import { entriesNeeded } from './routes-needing-grants.js'

/** What a gateway says about the references of a route. */
export interface ResolvedRefs {
  /** `namespace/name` of the parent. */
  readonly parent: string
  readonly isResolved: boolean
  readonly reason: string
  readonly message: string
}

/** One route's state. */
export interface RouteStatus {
  readonly ref: ObjectRef
  /** Rules that mirror to the Service, of those that should. */
  readonly mirroredRules: number
  readonly expectedRules: number
  /** Where its filters to the Service point: usually one port and one share. */
  readonly ports: readonly number[]
  readonly shares: readonly string[]
  readonly grant: 'not needed' | 'present' | 'missing'
  readonly resolvedRefs: readonly ResolvedRefs[]
  /** What is not as it should be, in words; empty when all is well. */
  readonly drift: readonly string[]
  readonly notes: readonly string[]
}

/** What a state is judged by. */
export interface StatusContext {
  /** Port and share: `undefined` where the operator named none; then the route's own record counts. */
  readonly target: Pick<MirrorTarget, 'namespace' | 'service'>
  readonly port: number | undefined
  readonly defaultPort: number
  readonly share: MirrorShare | undefined
  readonly choices: MirrorChoices
  /** Keys (`entryKey`) that some grant covers. */
  readonly granted: ReadonlySet<string>
  /** Why copies cannot arrive at all: the Service or its port is missing. */
  readonly brokenTarget: string | undefined
  /** Targets (`targetKey`) of records whose Service is known to be gone. */
  readonly goneTargets: ReadonlySet<string>
}

/** Judges one route. */
export function judgeRoute(ref: ObjectRef, route: JsonObject, context: StatusContext): RouteStatus {
  const records = readRecords(route)
  const record = records.byTarget.get(targetKey(context.target))
  const expected: MirrorTarget = {
    ...context.target,
    port: context.port ?? record?.port ?? context.defaultPort,
    share: context.share ?? record?.share,
  }
  const plan = planMirror(ref, route, expected, context.choices)
  const mirrors = arrayAt(route, 'spec', 'rules').map((rule) => findMirrors(rule, ref.namespace, expected))
  const mirroredRules = mirrors.filter((found) => found.length > 0).length
  const counted = plan.rules.filter(({ action }) => action !== 'skipped')
  const resolvedRefs = readResolvedRefs(route, ref.namespace)
  const [entry] = entriesNeeded([{ ref, route }], expected)
  const grant = grantState(entry, context.granted)

  const drift = [
    ...plan.rules.filter(({ action }) => action === 'added').map((rule) => `${describeRule(rule)} is not mirrored`),
    ...plan.rules
      .filter(({ action }) => action === 'changed')
      .map((rule) => `${describeRule(rule)} has other settings than ${describeSettings(expected)}`),
    ...plan.rules
      .filter(({ action }) => action === 'blocked')
      .map((rule) => `${describeRule(rule)} is not mirrored: ${rule.reason}`),
    ...findOrphans(route, mirroredRules, context),
    ...(records.isDamaged ? ['its record annotation cannot be read'] : []),
    ...(grant === 'missing' ? [`no ReferenceGrant in ${expected.namespace} lets it mirror`] : []),
    ...resolvedRefs
      .filter(({ isResolved, reason }) => !isResolved && reason === 'RefNotPermitted')
      .map(({ parent, message }) => `gateway ${parent} refuses a reference: ${message}`),
  ]
  const notes = resolvedRefs
    .filter(({ isResolved, reason }) => !isResolved && reason !== 'RefNotPermitted')
    .map(({ parent, reason, message }) => `gateway ${parent} says ${reason}: ${message}`)
  return {
    ref,
    mirroredRules,
    expectedRules: counted.length,
    ports: distinct(mirrors.flat().flatMap(({ port }) => port ?? [])),
    shares: distinct(mirrors.flat().map(({ share }) => describeShare(share))),
    grant,
    resolvedRefs,
    drift,
    notes: [...notes, ...plan.warnings, ...(plan.skipped === undefined ? [] : [plan.skipped])],
  }
}

/** Filters that should not be there: on a route that was labelled off, or to a Service that is gone. */
function findOrphans(route: JsonObject, mirroredRules: number, context: StatusContext): string[] {
  const records = readRecords(route).byTarget
  const orphans: string[] = []
  if (isOptedOut(route) && records.has(targetKey(context.target)) && mirroredRules > 0) {
    orphans.push('it is labelled off and still has filters of mirrorwaf')
  }
  if (context.brokenTarget !== undefined && mirroredRules > 0) {
    orphans.push(`its filters lead nowhere: ${context.brokenTarget}`)
  }
  for (const key of records.keys()) {
    if (context.goneTargets.has(key)) orphans.push(`it has filters to Service ${key}, which does not exist`)
  }
  return orphans
}

function readResolvedRefs(route: JsonObject, routeNamespace: string): ResolvedRefs[] {
  return objectsAt(route, 'status', 'parents').flatMap((parent) => {
    const name = stringAt(parent, 'parentRef', 'name') ?? ''
    const namespace = stringAt(parent, 'parentRef', 'namespace') ?? routeNamespace
    return objectsAt(parent, 'conditions')
      .filter((condition) => stringAt(condition, 'type') === 'ResolvedRefs')
      .map((condition) => ({
        parent: `${namespace}/${name}`,
        isResolved: stringAt(condition, 'status') === 'True',
        reason: stringAt(condition, 'reason') ?? '',
        message: stringAt(condition, 'message') ?? '',
      }))
  })
}

function grantState(entry: GrantEntry | undefined, granted: ReadonlySet<string>): RouteStatus['grant'] {
  if (entry === undefined) return 'not needed'
  return granted.has(entryKey(entry)) ? 'present' : 'missing'
}

function describeSettings({ port, share }: MirrorTarget): string {
  return share === undefined ? `port ${port}` : `port ${port}, ${describeShare(share)}`
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)]
}
