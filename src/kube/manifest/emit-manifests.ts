// Patches the routes of manifests and adds the grants that they need. No cluster: a pure function from texts to text.
import type { PatchOperation } from '../json/json-patch.js'
import { applyPatch } from '../json/json-patch.js'
import { isObject, type JsonObject, stringAt, valueAt } from '../json/json-value.js'
import { gatewayApiGroup } from '../names.js'
import type { MirrorTarget } from '../plan/mirror-filter.js'
import { findRouteKind, type ObjectRef, refOf } from '../plan/object-ref.js'
import { grantManifest, planGrants } from '../plan/plan-grants.js'
import type { MirrorChoices } from '../plan/plan-mirror.js'
import { planMirror } from '../plan/plan-mirror.js'
import { planUndo } from '../plan/plan-undo.js'
import type { RoutePlan } from '../plan/route-plan.js'
import { entriesNeeded, type MirroringRoute } from '../plan/routes-needing-grants.js'
import { joinDocuments, type ManifestDocument, type ManifestObject, writeYaml } from './manifest-text.js'

/** What is to be done to the manifests. */
export interface EmitSettings {
  readonly target: MirrorTarget
  readonly choices: MirrorChoices
  /** Take the filters out instead. */
  readonly isRemoval: boolean
  readonly isSelected: (route: JsonObject) => boolean
  /** Of routes that do not say theirs. */
  readonly routeNamespace: string
  readonly grantVersion: string
}

/** The patched manifests, and what was planned for each route. */
export interface EmittedManifests {
  readonly text: string
  readonly plans: readonly RoutePlan[]
}

/** Everything that was read comes out again in its order, routes patched; new grants follow at the end. */
export function emitManifests(documents: readonly ManifestDocument[], settings: EmitSettings): EmittedManifests {
  const places = documents.flatMap((document) => document.objects.map((found) => ({ document, ...found })))
  const routes = places.flatMap((place) => {
    const ref = routeRef(place, settings)
    return ref === undefined ? [] : [{ ...place, ref }]
  })
  const planned = routes.map((route) => ({ ...route, plan: planRoute(route.ref, route.object, settings) }))
  const after = planned.map(({ ref, object, plan }): MirroringRoute => ({ ref, route: afterPlan(object, plan) }))

  const { target } = settings
  const grants = places.filter(({ object }) => isGrantOf(object, target))
  const grantPlan = planGrants({
    target,
    existing: grants.map(({ object }) => object),
    needed: entriesNeeded(after, target),
    isInScope: () => true,
  })
  const rewritten = new Map(
    grantPlan.writes.map((write) => [write.before, grantManifest(versionOf(write.before, settings), target, write)]),
  )
  const removed = new Set(grantPlan.removals)

  const texts = documents.map((document) => {
    const operations = planned.flatMap((route) =>
      route.document === document && route.plan !== undefined ? moved(route.plan.operations, route.path) : [],
    )
    const gone = grants.filter((grant) => grant.document === document && removed.has(grant.object))
    const changed = grants.filter((grant) => grant.document === document && rewritten.has(grant.object))
    // Whole objects vanish from the end, so that indexes before them stay good.
    const removals = gone.toReversed().map(({ path }): PatchOperation => ({ op: 'remove', path }))
    const rewrites = changed.map(({ path, object }): PatchOperation => {
      const spec = valueAt(rewritten.get(object), 'spec') ?? null
      return { op: 'replace', path: [...path, 'spec'], value: spec }
    })
    const isWholeDocumentGone = gone.some(({ path }) => path.length === 0)
    return isWholeDocumentGone ? '' : document.render([...operations, ...rewrites, ...removals])
  })
  const added = grantPlan.writes.filter(({ before }) => before === undefined)
  const newGrants = added.map((write) => writeYaml(grantManifest(settings.grantVersion, target, write)))
  return { text: joinDocuments([...texts, ...newGrants]), plans: planned.flatMap(({ plan }) => plan ?? []) }
}

function routeRef({ object }: ManifestObject, { routeNamespace }: EmitSettings): ObjectRef | undefined {
  const kind = findRouteKind(stringAt(object, 'kind'))
  const isGatewayApi = (stringAt(object, 'apiVersion') ?? '').startsWith(`${gatewayApiGroup}/`)
  return kind !== undefined && isGatewayApi ? refOf(object, kind, routeNamespace) : undefined
}

function planRoute(ref: ObjectRef, route: JsonObject, settings: EmitSettings): RoutePlan | undefined {
  if (!settings.isSelected(route)) return undefined
  const { target, choices } = settings
  return settings.isRemoval
    ? planUndo(ref, route, { target, adopt: choices.adopt })
    : planMirror(ref, route, target, choices)
}

function afterPlan(route: JsonObject, plan: RoutePlan | undefined): JsonObject {
  const after = applyPatch(route, plan?.operations ?? [])
  return isObject(after) ? after : route
}

function isGrantOf(object: JsonObject, { namespace }: MirrorTarget): boolean {
  return stringAt(object, 'kind') === 'ReferenceGrant' && stringAt(object, 'metadata', 'namespace') === namespace
}

function versionOf(grant: JsonObject | undefined, { grantVersion }: EmitSettings): string {
  return stringAt(grant, 'apiVersion')?.split('/')[1] ?? grantVersion
}

/** Operations of an object, for the document that it stands in. */
function moved(operations: readonly PatchOperation[], path: readonly (string | number)[]): PatchOperation[] {
  return operations.map((operation) => ({ ...operation, path: [...path, ...operation.path] }))
}
