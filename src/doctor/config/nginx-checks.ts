// What an nginx configuration says about its copies: each mirror location, with what it inherits.
import { isIP } from 'node:net'
import { createFinding, type Finding, type FindingFacts } from '../finding.js'
import type { FindingCode } from '../finding-catalogue.js'
import type { Directive } from './nginx-directives.js'

/** A longer wait is felt by the client whose next request it holds up. */
const feltMs = 1_000

/** From the innermost block outwards: nginx takes each directive from the first one that has it. */
type Scopes = readonly (readonly Directive[])[]

interface MirrorPlace {
  /** The URI that `mirror` names, and where. */
  readonly uri: string
  readonly named: Directive
  readonly server: readonly Directive[]
  readonly http: readonly Directive[]
}

/** The findings of one configuration, from its `http` block on. */
export function checkNginx(directives: readonly Directive[], path: string): readonly Finding[] {
  const https = directives.filter(({ name }) => name === 'http')
  // A file of conf.d is given without the http block around it.
  const blocks = https.length > 0 ? https.flatMap(({ block }) => (block === undefined ? [] : [block])) : [directives]
  const places = blocks.flatMap((http) => findMirrors(http))
  if (places.length === 0) {
    return [createFinding('nothing-mirrored', 'nginx', { detail: 'No mirror directive is in effect.', place: path })]
  }
  const upstreams = new Map(
    blocks.flatMap((http) => named(http, 'upstream')).map(({ args, block }) => [args[0] ?? '', block ?? []] as const),
  )
  return places.flatMap((place) => checkMirror(place, upstreams))
}

/** Each pair of server and URI once. */
function findMirrors(http: readonly Directive[]): readonly MirrorPlace[] {
  const found = new Map<string, MirrorPlace>()
  for (const { block: server = [] } of named(http, 'server')) {
    for (const scopes of scopesOf(server, [http])) {
      for (const directive of effective('mirror', scopes)) {
        const [uri = 'off'] = directive.args
        const key = `${uri} ${directive.place} ${named(http, 'server').findIndex(({ block }) => block === server)}`
        if (uri !== 'off') found.set(key, { uri, named: directive, server, http })
      }
    }
  }
  return [...found.values()]
}

/** The block itself and all locations in it, each with what is around it. */
function scopesOf(block: readonly Directive[], around: Scopes): readonly Scopes[] {
  const scopes: Scopes = [block, ...around]
  return [scopes, ...named(block, 'location').flatMap((location) => scopesOf(location.block ?? [], scopes))]
}

function checkMirror(mirror: MirrorPlace, upstreams: ReadonlyMap<string, readonly Directive[]>): readonly Finding[] {
  const { uri, server, http } = mirror
  const location = findLocation(server, uri)
  if (location === undefined) {
    const detail = `mirror ${uri} has no location ${uri} in its server.`
    return [createFinding('mirror-target-missing', 'nginx', { detail, place: mirror.named.place })]
  }
  const scopes: Scopes = [location.block ?? [], server, http]
  const [pass] = effective('proxy_pass', [scopes[0] ?? []])
  if (pass === undefined) {
    const detail = `location ${uri} passes copies to no one: it has no proxy_pass.`
    return [createFinding('mirror-target-missing', 'nginx', { detail, place: location.place })]
  }
  const target = readTarget(pass.args[0] ?? '')
  const upstream = upstreams.get(target.host)
  const report = (code: FindingCode, detail: string, facts: Partial<FindingFacts> = {}): Finding =>
    createFinding(code, 'nginx', { place: pass.place, ...facts, detail })
  return [
    ...checkHeaders(scopes, target.host, report),
    ...checkTarget(target.rest, uri, report),
    ...checkConnections(scopes, upstream, report),
    ...checkWaiting(scopes, report),
    ...checkFailing(scopes, upstream, report),
    ...checkBody(scopes, report),
    ...(named(scopes[0] ?? [], 'internal').length > 0
      ? []
      : [report('mirror-location-public', `location ${uri} is not internal.`)]),
  ]
}

type Report = (code: FindingCode, detail: string, facts?: Partial<FindingFacts>) => Finding

function checkHeaders(scopes: Scopes, passHost: string, report: Report): readonly Finding[] {
  const headers = effective('proxy_set_header', scopes)
  const headerValue = (name: string): string | undefined =>
    headers.find(({ args }) => args[0]?.toLowerCase() === name)?.args[1]
  const findings: Finding[] = []
  const host = headerValue('host') ?? '$proxy_host'
  if (host === '$proxy_host' || host === '$proxy_host:$proxy_port') {
    const isNumeric = isIP(passHost.replace(/:\d+$/, '')) !== 0 || passHost.startsWith('localhost')
    findings.push(report(isNumeric ? 'host-numeric' : 'host-changed', `Copies name ${passHost} as their host.`))
  }
  const client = ['x-forwarded-for', 'x-real-ip', 'forwarded'].flatMap((name) => headerValue(name) ?? [])
  if (!client.some((value) => value !== '')) {
    findings.push(report('client-address-missing', 'No proxy_set_header of the mirror names the client.'))
  }
  return findings
}

function checkTarget(rest: string, uri: string, report: Report): readonly Finding[] {
  if (rest.endsWith('$request_uri')) return []
  // Without a path, nginx sends the URI of the subrequest: that of the mirror location.
  if (rest === '') {
    return [
      report('target-changed', `proxy_pass has no $request_uri: every copy asks for ${uri}.`, { severity: 'serious' }),
    ]
  }
  return [report('target-changed', `proxy_pass ends with ${rest}, which is not what the client sent.`)]
}

function checkConnections(
  scopes: Scopes,
  upstream: readonly Directive[] | undefined,
  report: Report,
): readonly Finding[] {
  const missing: string[] = []
  if (upstream === undefined || named(upstream, 'keepalive').length === 0) missing.push('no upstream with keepalive')
  if (effective('proxy_http_version', scopes)[0]?.args[0] !== '1.1') missing.push('no proxy_http_version 1.1')
  const connection = effective('proxy_set_header', scopes).find(({ args }) => args[0]?.toLowerCase() === 'connection')
  if (connection?.args[1] !== '') missing.push('no empty Connection header')
  return missing.length === 0 ? [] : [report('connection-per-copy', `The mirror has ${missing.join(', ')}.`)]
}

function checkWaiting(scopes: Scopes, report: Report): readonly Finding[] {
  const long = ['proxy_connect_timeout', 'proxy_read_timeout'].flatMap((name) => {
    // nginx's own default.
    const [value = '60s'] = effective(name, scopes)[0]?.args ?? []
    return readDurationMs(value) > feltMs ? [`${name} is ${value}`] : []
  })
  return long.length === 0 ? [] : [report('slow-receiver-holds-clients', `${long.join(' and ')}.`)]
}

/** With one server nginx ignores max_fails; a name may stand for several. Without a next server it marks none as failed (measured). */
function checkFailing(scopes: Scopes, upstream: readonly Directive[] | undefined, report: Report): readonly Finding[] {
  if (effective('proxy_next_upstream', scopes)[0]?.args[0] === 'off') return []
  const servers = named(upstream ?? [], 'server').filter(({ args }) => !args.includes('down'))
  const isSeveral = servers.length > 1
  const isName = servers.some(({ args }) => !/^(unix:|\[|[\d.]+(:\d+)?$)/.test(args[0] ?? ''))
  const findings: Finding[] = []
  if ((isSeveral || isName) && servers.some(({ args }) => !args.includes('max_fails=0'))) {
    const why = isSeveral ? `${servers.length} servers` : 'a name that may stand for several servers'
    findings.push(report('early-close-loses-copies', `The mirror’s upstream has ${why}, not all with max_fails=0.`))
  }
  if (isSeveral) {
    findings.push(
      report('duplicate-copies', 'A copy that fails at one server is sent to the next (proxy_next_upstream).'),
    )
  }
  return findings
}

function checkBody(scopes: Scopes, report: Report): readonly Finding[] {
  return ['mirror_request_body', 'proxy_pass_request_body'].flatMap((name) => {
    const isOff = effective(name, scopes)[0]?.args[0] === 'off'
    return isOff ? [report('body-cut', `${name} is off: copies have no body.`)] : []
  })
}

/** `= URI` before the longest prefix; regular expressions are tried last, in order. */
function findLocation(server: readonly Directive[], uri: string): Directive | undefined {
  const locations = named(server, 'location')
  const exact = locations.find(({ args }) => args[0] === '=' && args[1] === uri)
  const prefixes = locations
    .filter(({ args }) => uri.startsWith(prefixOf(args)) && prefixOf(args) !== '')
    .toSorted((a, b) => prefixOf(b.args).length - prefixOf(a.args).length)
  const pattern = locations.find(({ args }) => args[0]?.startsWith('~') === true && matches(args[1] ?? '', uri))
  const [longest] = prefixes
  // Only one location that is there for everything is not meant for copies.
  return exact ?? pattern ?? (longest !== undefined && prefixOf(longest.args) !== '/' ? longest : undefined)
}

function prefixOf(args: readonly string[]): string {
  if (args.length === 1) return args[0] ?? ''
  return args[0] === '^~' ? (args[1] ?? '') : ''
}

function matches(pattern: string, uri: string): boolean {
  try {
    return new RegExp(pattern).test(uri)
  } catch {
    // A pattern that only PCRE knows: not a location that we can judge.
    return false
  }
}

function effective(name: string, scopes: Scopes): readonly Directive[] {
  return scopes.map((block) => named(block, name)).find((found) => found.length > 0) ?? []
}

function named(block: readonly Directive[], name: string): readonly Directive[] {
  return block.filter((directive) => directive.name === name)
}

function readTarget(pass: string): { readonly host: string; readonly rest: string } {
  const [, host = '', rest = ''] = /^https?:\/\/([^/$]*)(.*)$/.exec(pass) ?? []
  return { host, rest }
}

/** `100ms`, `1m`, `60`; what cannot be read counts as long. */
function readDurationMs(text: string): number {
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, '': 1_000, m: 60_000, h: 3_600_000 }
  const [, number, unit = ''] = /^(\d+)(ms|[smh])?$/.exec(text) ?? []
  return number === undefined ? Number.POSITIVE_INFINITY : Number(number) * (units[unit] ?? 1)
}
