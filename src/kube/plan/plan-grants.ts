// Plans the ReferenceGrants that let routes of other namespaces mirror to the Service. Without one a gateway that keeps to
// the Gateway API refuses the filter (RefNotPermitted), and nothing is mirrored.
import { arrayAt, type JsonObject, stringAt, stringMapAt } from '../json/json-value.js'
import { gatewayApiGroup, managedByLabel, managedByValue, serviceLabel } from '../names.js'
import type { MirrorTarget } from './mirror-filter.js'
import type { RouteKind } from './object-ref.js'

/** Routes of one kind in one namespace: what an entry of a grant's `from` stands for. */
export interface GrantEntry {
  readonly kind: RouteKind
  readonly namespace: string
}

/** A grant that is to be written, whole. */
export interface GrantWrite {
  readonly name: string
  readonly entries: readonly GrantEntry[]
  /** The grant as it stands, or `undefined` when it is new. */
  readonly before: JsonObject | undefined
}

/** What is to be done about grants. */
export interface GrantPlan {
  /** Before the first route is patched. */
  readonly writes: readonly GrantWrite[]
  /** After the last route is patched: grants of ours that no route needs. */
  readonly removals: readonly JsonObject[]
  /** Entries that are needed and not granted yet. */
  readonly missing: readonly GrantEntry[]
  /** Entries of ours that nothing needs any more. */
  readonly unneeded: readonly GrantEntry[]
}

/** What a plan of grants is made from. */
export interface GrantSituation {
  readonly target: Pick<MirrorTarget, 'namespace' | 'service'>
  /** All ReferenceGrants of the mirror's namespace. */
  readonly existing: readonly JsonObject[]
  /** For which routes grants are needed. */
  readonly needed: readonly GrantEntry[]
  /** Whether this run saw all routes that an entry stands for; entries that it did not see are kept. */
  readonly isInScope: (entry: GrantEntry) => boolean
}

/** The CRD's limit on `from`: the 17th entry needs a second grant. */
export const entriesPerGrant = 16

/** Plans grants so that as few objects as possible change: entries stay in the grant where they are. */
export function planGrants({ target, existing, needed, isInScope }: GrantSituation): GrantPlan {
  const ours = existing.filter((grant) => isOurs(grant, target.service))
  const foreign = existing.filter((grant) => !ours.includes(grant))
  const grantedByOthers = new Set(foreign.flatMap((grant) => readEntries(grant, target.service)).map(entryKey))
  const wanted = new Map(
    needed
      .filter((entry) => entry.namespace !== target.namespace && !grantedByOthers.has(entryKey(entry)))
      .map((entry) => [entryKey(entry), entry]),
  )

  const open = new Map(wanted)
  const unneeded: GrantEntry[] = []
  const kept = ours.map((grant) => {
    const entries = readEntries(grant, target.service).filter((entry) => {
      const isNeeded = open.has(entryKey(entry)) || !isInScope(entry)
      if (!isNeeded) unneeded.push(entry)
      open.delete(entryKey(entry))
      return isNeeded
    })
    return { name: nameOf(grant), before: grant, entries }
  })
  const missing = [...open.values()].toSorted(compareEntries)
  const filled = fillUp(kept, missing, target.service, new Set(existing.map(nameOf)))
  return {
    writes: filled.filter((grant) => grant.entries.length > 0 && !isWrittenSo(grant, target.service)),
    removals: filled.flatMap(({ before, entries }) => (entries.length === 0 && before !== undefined ? [before] : [])),
    missing,
    unneeded,
  }
}

/** The manifest of a grant, for server-side apply and for GitOps. */
export function grantManifest(
  apiVersion: string,
  target: Pick<MirrorTarget, 'namespace' | 'service'>,
  grant: Pick<GrantWrite, 'name' | 'entries'>,
): JsonObject {
  return {
    apiVersion: `${gatewayApiGroup}/${apiVersion}`,
    kind: 'ReferenceGrant',
    metadata: {
      name: grant.name,
      namespace: target.namespace,
      labels: { [managedByLabel]: managedByValue, [serviceLabel]: target.service },
    },
    spec: {
      from: grant.entries.map(({ kind, namespace }) => ({ group: gatewayApiGroup, kind, namespace })),
      to: [{ group: '', kind: 'Service', name: target.service }],
    },
  }
}

/** Whether a grant was written by mirrorwaf for this Service. */
export function isOurs(grant: JsonObject, service: string): boolean {
  const labels = stringMapAt(grant, 'metadata', 'labels')
  return labels[managedByLabel] === managedByValue && labels[serviceLabel] === service
}

/** The routes that a grant lets reach the Service. */
export function readEntries(grant: JsonObject, service: string): GrantEntry[] {
  const reachesService = arrayAt(grant, 'spec', 'to').some(
    (to) =>
      (stringAt(to, 'group') ?? '') === '' &&
      stringAt(to, 'kind') === 'Service' &&
      (stringAt(to, 'name') ?? service) === service,
  )
  if (!reachesService) return []
  return arrayAt(grant, 'spec', 'from').flatMap((from) => {
    const kind = stringAt(from, 'kind')
    const namespace = stringAt(from, 'namespace')
    if (stringAt(from, 'group') !== gatewayApiGroup || namespace === undefined) return []
    return kind === 'HTTPRoute' || kind === 'GRPCRoute' ? [{ kind, namespace }] : []
  })
}

/** Equal for equal entries. */
export function entryKey({ kind, namespace }: GrantEntry): string {
  return `${kind} ${namespace}`
}

interface DraftGrant {
  readonly name: string
  readonly before: JsonObject | undefined
  readonly entries: GrantEntry[]
}

/** Puts the missing entries where there is room, then into new grants. */
function fillUp(
  grants: readonly DraftGrant[],
  missing: readonly GrantEntry[],
  service: string,
  takenNames: ReadonlySet<string>,
): DraftGrant[] {
  const filled = [...grants]
  const names = freeNames(service, takenNames)
  for (const entry of missing) {
    let room = filled.find((grant) => grant.entries.length < entriesPerGrant)
    if (room === undefined) {
      room = { name: names.next().value, before: undefined, entries: [] }
      filled.push(room)
    }
    room.entries.push(entry)
  }
  return filled
}

/** mirrorwaf-SERVICE, mirrorwaf-SERVICE-2 and so on, without those that exist. */
function* freeNames(service: string, taken: ReadonlySet<string>): Generator<string, never> {
  for (let ordinal = 1; ; ordinal++) {
    const name = ordinal === 1 ? `mirrorwaf-${service}` : `mirrorwaf-${service}-${ordinal}`
    if (!taken.has(name)) yield name
  }
}

/** Whether a grant of ours says exactly this already, on both sides. */
function isWrittenSo({ before, entries }: DraftGrant, service: string): boolean {
  if (before === undefined) return false
  const granted = readEntries(before, service)
  return (
    arrayAt(before, 'spec', 'from').length === entries.length &&
    arrayAt(before, 'spec', 'to').length === 1 &&
    entries.every((entry, index) => entryKey(entry) === entryKey(granted[index] ?? entry)) &&
    granted.length === entries.length
  )
}

function compareEntries(a: GrantEntry, b: GrantEntry): number {
  return entryKey(a) < entryKey(b) ? -1 : 1
}

function nameOf(grant: JsonObject): string {
  return stringAt(grant, 'metadata', 'name') ?? ''
}
