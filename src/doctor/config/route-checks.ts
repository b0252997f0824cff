// What HTTPRoutes (and the ReferenceGrants given with them) say about their copies.
import { createFinding, type Finding } from '../finding.js'
import { items, member, textOf } from './tree.js'

export interface KubeDocument {
  readonly path: string
  readonly value: unknown
}

interface Mirror {
  readonly service: string
  readonly namespace: string
  readonly percent: number
}

/** Routes and grants of all files together: a grant may stand in another file than its route. */
export function checkRoutes(documents: readonly KubeDocument[]): readonly Finding[] {
  const routes = documents.filter(({ value }) => textOf(value, 'kind') === 'HTTPRoute')
  const grants = documents.filter(({ value }) => textOf(value, 'kind') === 'ReferenceGrant').map(({ value }) => value)
  return routes.flatMap((route) => checkRoute(route, grants))
}

function checkRoute({ path, value }: KubeDocument, grants: readonly unknown[]): readonly Finding[] {
  const namespace = textOf(value, 'metadata', 'namespace') || 'default'
  const name = `${namespace}/${textOf(value, 'metadata', 'name')}`
  const place = path
  const rules = items(value, 'spec', 'rules')
  const mirrors = rules.map((rule) => mirrorsOf(rule, namespace))
  const bareCount = mirrors.filter((own) => own.length === 0).length
  if (bareCount === rules.length) {
    const detail = `HTTPRoute ${name}: none of its ${rules.length} rules has a RequestMirror filter.`
    return [createFinding('nothing-mirrored', 'gateway-api', { detail, place })]
  }
  const findings: Finding[] = []
  if (bareCount > 0) {
    const detail = `HTTPRoute ${name}: ${bareCount} of ${rules.length} rules have no RequestMirror filter.`
    findings.push(createFinding('partly-mirrored', 'gateway-api', { detail, place }))
  }
  for (const mirror of mirrors.flat()) {
    if (mirror.percent < 100) {
      const detail = `HTTPRoute ${name} mirrors ${mirror.percent} % to ${mirror.service}.`
      findings.push(createFinding('partly-mirrored', 'gateway-api', { detail, place }))
    }
    if (mirror.namespace !== namespace && !grants.some((grant) => allows(grant, namespace, mirror))) {
      const detail = `HTTPRoute ${name} mirrors to ${mirror.namespace}/${mirror.service}; no ReferenceGrant given here allows it.`
      findings.push(createFinding('grant-missing', 'gateway-api', { detail, place }))
    }
  }
  if (mirrors.some((own) => hasTwice(own))) {
    const detail = `HTTPRoute ${name} mirrors a rule to the same Service twice.`
    findings.push(createFinding('duplicate-copies', 'gateway-api', { detail, place }))
  }
  return findings
}

function mirrorsOf(rule: unknown, namespace: string): readonly Mirror[] {
  return items(rule, 'filters')
    .filter((filter) => textOf(filter, 'type') === 'RequestMirror')
    .map((filter) => ({
      service: textOf(filter, 'requestMirror', 'backendRef', 'name'),
      namespace: textOf(filter, 'requestMirror', 'backendRef', 'namespace') || namespace,
      percent: percentOf(member(filter, 'requestMirror')),
    }))
}

/** `percent` or `fraction`, never both; neither means all. */
function percentOf(mirror: unknown): number {
  const percent = member(mirror, 'percent')
  if (typeof percent === 'number') return percent
  const numerator = member(mirror, 'fraction', 'numerator')
  const denominator = member(mirror, 'fraction', 'denominator') ?? 100
  return typeof numerator === 'number' && typeof denominator === 'number' ? (100 * numerator) / denominator : 100
}

function allows(grant: unknown, routeNamespace: string, mirror: Mirror): boolean {
  const isFrom = items(grant, 'spec', 'from').some(
    (from) => textOf(from, 'kind') === 'HTTPRoute' && textOf(from, 'namespace') === routeNamespace,
  )
  const isTo = items(grant, 'spec', 'to').some(
    (to) => textOf(to, 'kind') === 'Service' && [undefined, mirror.service].some((name) => member(to, 'name') === name),
  )
  return textOf(grant, 'metadata', 'namespace') === mirror.namespace && isFrom && isTo
}

function hasTwice(mirrors: readonly Mirror[]): boolean {
  return new Set(mirrors.map(({ service, namespace }) => `${namespace}/${service}`)).size < mirrors.length
}
