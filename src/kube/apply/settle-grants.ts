// Brings ReferenceGrants in line with a plan: needed ones before the first route, unneeded ones away after the last.
import { MirrorwafError } from '../../errors.js'
import type { Resource, WriteMode, WriteOutcome } from '../access/cluster.js'
import { type JsonObject, objectAt, stringAt } from '../json/json-value.js'
import { describeRef, type ObjectRef, refOf } from '../plan/object-ref.js'
import {
  entryKey,
  type GrantEntry,
  type GrantPlan,
  type GrantWrite,
  grantManifest,
  isOurs,
  planGrants,
  readEntries,
} from '../plan/plan-grants.js'
import type { ObjectReport } from '../report/report.js'
import { diffObjects } from '../report/yaml-diff.js'
import { isEntryInScope, type KubeSession } from '../session.js'
import type { Consent } from './consent.js'

/** What one pass over the grants needs. */
export interface GrantPass {
  readonly needed: readonly GrantEntry[]
  readonly consent: Consent
  readonly mode: WriteMode
}

const attemptLimit = 5

/**
 * Writes what is missing; removes nothing.
 * @throws MirrorwafError when a grant cannot be written: no route must be patched then.
 */
export function writeMissingGrants(session: KubeSession, pass: GrantPass): Promise<ObjectReport[]> {
  return settle(session, pass, (existing) =>
    planGrants({ target: session.target, existing, needed: pass.needed, isInScope: () => false }),
  )
}

/** Takes away what no route needs any more; adds nothing. */
export function removeUnneededGrants(session: KubeSession, pass: GrantPass): Promise<ObjectReport[]> {
  const { target, options } = session
  return settle(session, pass, (existing) => {
    const ours = existing.filter((grant) => isOurs(grant, target.service))
    const granted = new Set(ours.flatMap((grant) => readEntries(grant, target.service)).map(entryKey))
    return planGrants({
      target,
      existing,
      needed: pass.needed.filter((entry) => granted.has(entryKey(entry))),
      isInScope: (entry) => isEntryInScope(options, entry),
    })
  })
}

/** Lists, plans and writes; starts over when somebody else changed a grant in between. */
async function settle(
  session: KubeSession,
  pass: GrantPass,
  plan: (existing: readonly JsonObject[]) => GrantPlan,
): Promise<ObjectReport[]> {
  const { api, cluster, target } = session
  const resource = api.grants
  if (resource === undefined) {
    const needsNone = pass.needed.every(({ namespace }) => namespace === target.namespace)
    if (needsNone) return []
    throw new MirrorwafError('MWAF_KUBE_CRDS_ABSENT', {
      reason: 'it does not serve ReferenceGrant, and routes of other namespaces need one',
    })
  }
  const reports = new Map<string, ObjectReport>()
  for (let attempt = 1; attempt <= attemptLimit; attempt++) {
    const { items } = await cluster.list(resource, target.namespace)
    const { writes, removals } = plan(items)
    let isSettled = true
    for (const write of writes) isSettled = (await writeGrant(session, resource, write, pass, reports)) && isSettled
    for (const grant of removals) isSettled = (await removeGrant(session, resource, grant, pass, reports)) && isSettled
    if (isSettled) return [...reports.values()]
  }
  throw new MirrorwafError('MWAF_KUBE_CONFLICT', {
    object: `ReferenceGrants in ${target.namespace}`,
    attempts: attemptLimit,
  })
}

/** @returns false when somebody else wrote meanwhile. */
async function writeGrant(
  session: KubeSession,
  resource: Resource,
  write: GrantWrite,
  { consent, mode }: GrantPass,
  reports: Map<string, ObjectReport>,
): Promise<boolean> {
  const { cluster, target } = session
  const manifest = grantManifest(resource.version, target, write)
  const ref = refOf(manifest, 'ReferenceGrant')
  const detail = `allows ${write.entries.map(({ kind, namespace }) => `${kind} of ${namespace}`).join(', ')}`
  const report = (result: ObjectReport['result'], more: Partial<ObjectReport> = {}): void =>
    void reports.set(ref.name, { ref, result, detail, ...more })
  const answer = await consent.ask(`Write ${describeRef(ref)}`, previewOf(ref, write.before, manifest, consent))
  if (answer !== 'yes') {
    report('declined', { warnings: ['without it, gateways refuse the filters of these routes'] })
    return true
  }
  const outcome = await cluster.apply(resource, guarded(manifest, write.before), mode)
  if (outcome.kind === 'conflict' || outcome.kind === 'gone') return false
  if (outcome.kind === 'refused') throw outcome.error
  if (mode.isDryRun) report('planned', { diff: diffObjects(ref, write.before, outcome.object) })
  else report('written', { warnings: outcome.warnings })
  return true
}

/** @returns false when somebody else wrote meanwhile. */
async function removeGrant(
  session: KubeSession,
  resource: Resource,
  grant: JsonObject,
  { consent, mode }: GrantPass,
  reports: Map<string, ObjectReport>,
): Promise<boolean> {
  const ref = refOf(grant, 'ReferenceGrant')
  const detail = 'no route needs it'
  const answer = await consent.ask(`Remove ${describeRef(ref)}`, previewOf(ref, grant, undefined, consent))
  if (answer !== 'yes') {
    reports.set(ref.name, { ref, result: 'declined', detail })
    return true
  }
  const outcome: WriteOutcome = await session.cluster.remove(resource, grant, mode)
  if (outcome.kind === 'conflict') return false
  if (outcome.kind === 'refused') throw outcome.error
  const diff = mode.isDryRun ? { diff: diffObjects(ref, grant, undefined) } : {}
  reports.set(ref.name, { ref, result: mode.isDryRun ? 'planned' : 'removed', detail, ...diff })
  return true
}

/** With the resourceVersion, an apply is refused if the grant changed since it was read. */
function guarded(manifest: JsonObject, before: JsonObject | undefined): JsonObject {
  const resourceVersion = stringAt(before, 'metadata', 'resourceVersion')
  const metadata = objectAt(manifest, 'metadata')
  if (resourceVersion === undefined) return manifest
  return { ...manifest, metadata: { ...metadata, resourceVersion } }
}

function previewOf(
  ref: ObjectRef,
  before: JsonObject | undefined,
  after: JsonObject | undefined,
  { isAsking }: Consent,
): string {
  return isAsking ? diffObjects(ref, before, after) : ''
}
