// What an Envoy bootstrap says about its copies: each route's mirror policies, and the clusters behind them.
import { createFinding, type Finding } from '../finding.js'
import { items, member, textOf, withMember } from './tree.js'

/** Copies over 100 % do not exist. */
const wholePercent = 100

/** The findings of one bootstrap (or LDS/RDS/CDS document). */
export function checkEnvoy(document: unknown, path: string): readonly Finding[] {
  const managers = withMember(document, 'route_config')
  const routes = managers.flatMap((manager) => routesOf(manager))
  const policies = routes.flatMap(({ policies: own }) => own)
  if (policies.length === 0) {
    return [
      createFinding('nothing-mirrored', 'envoy', {
        detail: 'No route has a request_mirror_policies entry.',
        place: path,
      }),
    ]
  }
  const clusters = withMember(document, 'clusters').flatMap((holder) => items(holder, 'clusters'))
  const findings: Finding[] = []
  const bare = routes.filter(({ policies: own }) => own.length === 0)
  if (bare.length > 0) {
    const detail = `${bare.length} of ${routes.length} routes that go to a cluster have no mirror policy.`
    findings.push(createFinding('partly-mirrored', 'envoy', { detail, place: path }))
  }
  for (const manager of managers) findings.push(...checkManager(manager, path))
  for (const policy of distinct(policies)) findings.push(...checkPolicy(policy, clusters, path))
  if (routes.some(({ policies: own }) => own.length > 1)) {
    const detail = 'A route has several mirror policies; mirrorwaf sees each request once for each that leads to it.'
    findings.push(createFinding('duplicate-copies', 'envoy', { detail, place: path, severity: 'info' }))
  }
  return findings
}

interface Route {
  readonly policies: readonly unknown[]
}

/** Policies of a route stand before those of its host, and these before those of the whole table. */
function routesOf(manager: unknown): readonly Route[] {
  const table = member(manager, 'route_config')
  const ofTable = items(table, 'request_mirror_policies')
  return items(table, 'virtual_hosts').flatMap((host) => {
    const ofHost = items(host, 'request_mirror_policies')
    return items(host, 'routes')
      .map((route) => member(route, 'route'))
      .filter((action) => action !== undefined)
      .map((action) => {
        const own = items(action, 'request_mirror_policies')
        const around = ofHost.length > 0 ? ofHost : ofTable
        return { policies: own.length > 0 ? own : around }
      })
  })
}

function checkManager(manager: unknown, path: string): readonly Finding[] {
  if (member(manager, 'use_remote_address') === true) return []
  const detail = `The http_connection_manager ${textOf(manager, 'stat_prefix')} has no use_remote_address: true, so X-Forwarded-For is what the sender says.`
  return [createFinding('client-address-missing', 'envoy', { detail, place: path, severity: 'warning' })]
}

function checkPolicy(policy: unknown, clusters: readonly unknown[], path: string): readonly Finding[] {
  const findings: Finding[] = []
  const report = (...[code, detail]: [Parameters<typeof createFinding>[0], string]): void => {
    findings.push(createFinding(code, 'envoy', { detail, place: path }))
  }
  const name = textOf(policy, 'cluster')
  const percent = percentOf(member(policy, 'runtime_fraction', 'default_value'))
  if (percent < wholePercent) report('partly-mirrored', `The policy for ${name} mirrors ${percent} % of requests.`)
  if (member(policy, 'disable_shadow_host_suffix_append') !== true) {
    report('host-shadow', `Copies for ${name} carry the suffix -shadow.`)
  }
  const cluster = clusters.find((each) => textOf(each, 'name') === name)
  if (name !== '' && cluster === undefined) report('mirror-target-missing', `There is no cluster ${name} in this file.`)
  for (const part of ['outlier_detection', 'health_checks']) {
    if (member(cluster, part) !== undefined) report('receiver-ejected', `The mirror’s cluster ${name} has ${part}.`)
  }
  return findings
}

/** Without a fraction everything is mirrored. */
function percentOf(fraction: unknown): number {
  const numerator = member(fraction, 'numerator')
  if (fraction === undefined) return wholePercent
  const denominators: Readonly<Record<string, number>> = { HUNDRED: 1, TEN_THOUSAND: 100, MILLION: 10_000 }
  const divisor = denominators[textOf(fraction, 'denominator') || 'HUNDRED'] ?? 1
  return (typeof numerator === 'number' ? numerator : 0) / divisor
}

function distinct(policies: readonly unknown[]): readonly unknown[] {
  const byText = new Map(policies.map((policy) => [JSON.stringify(policy), policy]))
  return [...byText.values()]
}
