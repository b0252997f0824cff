// What copies of common requests are like: do they come, once each, over kept connections, with the right host and client?
import { isIP } from 'node:net'
import { createFinding, type Finding } from '../finding.js'
import type { GatewayKind } from '../finding-kinds.js'
import type { SeenCopy } from './copy-receiver.js'
import { headerValue, listOf, type Message } from './message-reader.js'
import { forgedAddress, type Patient, type Probed } from './patient.js'

/** Enough to see a share and whether connections are kept, few enough to be done in a second. */
const probeCount = 20
/** A copy that is on its way comes within this; those that do not get the whole time at the end, all together. */
const shortWaitMs = 250

export interface Basics {
  readonly findings: readonly Finding[]
  /** Without copies nothing more can be looked at. */
  readonly areCopiesComing: boolean
}

export async function checkBasics(patient: Patient): Promise<Basics> {
  const client = patient.connect()
  const probes: Probed[] = []
  for (let count = 0; count < probeCount; count += 1) {
    const probe = await patient.probe({ headers: [`X-Forwarded-For: ${forgedAddress}`] }, client)
    probes.push(probe)
    // One after the other: copies under way at once would need several connections.
    if (probe.answer !== undefined) await patient.awaitCopy(probe, shortWaitMs)
    else if (probes.every(({ answer }) => answer === undefined) && count === 2) break
  }
  const clientAddress = client.localAddress
  const isClientKept = !client.isClosed
  client.close()
  if (probes.every(({ answer }) => answer === undefined)) {
    const detail = `None of ${probes.length} probes to ${patient.settings.gateway.host} was answered.`
    return { findings: [createFinding('gateway-unreachable', patient.kind, { detail })], areCopiesComing: false }
  }
  await Promise.all(probes.map((probe) => patient.awaitCopy(probe)))
  const copies = probes.flatMap((probe) => patient.copiesOf(probe).slice(0, 1))
  if (patient.kind === 'unknown') patient.kind = guessKind(probes, copies)
  const findings = checkCount(patient, probes, copies)
  if (isClientKept || copies[0]?.startLine.endsWith('HTTP/1.0') === true) {
    findings.push(...checkConnections(patient.kind, copies))
  }
  const [copy] = copies
  if (copy === undefined) return { findings, areCopiesComing: false }
  findings.push(...checkTarget(patient, probes, copy))
  findings.push(...checkHost(patient, copy), ...checkClient(patient.kind, copy, clientAddress))
  return { findings, areCopiesComing: true }
}

function checkCount(patient: Patient, probes: readonly Probed[], copies: readonly SeenCopy[]): Finding[] {
  const findings: Finding[] = []
  const answered = probes.filter(({ answer }) => answer !== undefined)
  const lostCount = answered.length - copies.length
  if (lostCount > 0) {
    const foreign = patient.foreignCount > 0 ? ` ${patient.foreignCount} other requests arrived meanwhile.` : ''
    const statuses = [...new Set(answered.map(({ answer }) => answer?.status))].join(', ')
    const detail = `${lostCount} of ${answered.length} probes (answered ${statuses}) have no copy.${foreign}`
    findings.push(createFinding('lost-copies', patient.kind, { detail }))
  }
  const twice = probes.filter((probe) => patient.copiesOf(probe).length > 1)
  if (twice.length > 0) {
    const detail = `${twice.length} of ${probes.length} probes arrived more than once.`
    findings.push(createFinding('duplicate-copies', patient.kind, { detail }))
  }
  return findings
}

/** Of one client connection: others may meet another of the gateway's workers each, with connections of its own. */
function checkConnections(kind: GatewayKind, copies: readonly SeenCopy[]): readonly Finding[] {
  const connectionCount = new Set(copies.map(({ connection }) => connection)).size
  // A gateway with many threads keeps some for each; a few copies cannot tell that from none kept.
  if (copies.length < 5 || connectionCount < copies.length) return []
  const version = copies[0]?.startLine.endsWith('HTTP/1.0') === true ? ', over HTTP/1.0' : ''
  return [
    createFinding('connection-per-copy', kind, {
      detail: `${copies.length} copies came over as many connections${version}.`,
    }),
  ]
}

function checkTarget(patient: Patient, probes: readonly Probed[], copy: SeenCopy): readonly Finding[] {
  const sent = probes.find(({ mark }) => copy.startLine.includes(mark))?.target ?? ''
  const [, target = ''] = copy.startLine.split(' ')
  if (target === sent) return []
  // Even the plainest target: then every copy is wrong.
  const detail = `The client asked for ${sent}, the copy for ${target}.`
  return [createFinding('target-changed', patient.kind, { detail, severity: 'serious' })]
}

function checkHost({ kind, host }: Patient, copy: SeenCopy): readonly Finding[] {
  const seen = headerValue(copy.headers, 'host') ?? ''
  if (seen === host) return []
  const [name = ''] = /^(\[[^\]]*\]|[^:]*)/.exec(seen) ?? []
  const detail = `The client asked for ${host}, the copy says ${seen === '' ? 'nothing' : seen}.`
  if (name.endsWith('-shadow') && seen.replace('-shadow', '') === host) {
    const isMarked = headerValue(copy.headers, 'x-envoy-internal') !== undefined
    // The fix for gateways that are not Envoy names the option that takes it off without Envoy's header.
    return [
      createFinding('host-shadow', isMarked ? 'envoy' : 'unknown', { detail, severity: isMarked ? 'info' : 'warning' }),
    ]
  }
  const isNumeric = isIP(name.replace(/^\[|\]$/g, '')) !== 0 || name === 'localhost'
  return [createFinding(isNumeric ? 'host-numeric' : 'host-changed', kind, { detail })]
}

/** @param clientAddress - ours; a gateway behind address translation sees another. */
function checkClient(kind: GatewayKind, copy: SeenCopy, clientAddress: string): readonly Finding[] {
  const chain = listOf(copy.headers, 'x-forwarded-for')
  const position = chain.lastIndexOf(clientAddress)
  const shown = chain.length === 0 ? 'no X-Forwarded-For' : `X-Forwarded-For: ${chain.join(', ')}`
  const isForgedThere = chain.includes(forgedAddress)
  if (position >= 0) {
    const hops = chain.length - position
    const detail = `${shown}, where ${clientAddress} is the client: --trusted-hops ${hops}.`
    return [createFinding('trusted-hops', kind, { detail, severity: isForgedThere ? 'warning' : 'info' })]
  }
  const others = ['x-real-ip', 'forwarded', 'true-client-ip', 'x-client-ip'].filter((name) => hasValue(copy, name))
  const isSomebodyNamed = chain.some((entry) => entry !== forgedAddress) || others.length > 0
  const detail = `The client connected from ${clientAddress}; the copy has ${shown}${others.map((name) => ` and ${name}`).join('')}.`
  // Behind address translation the client's address is another one, and somebody is named.
  return [createFinding('client-address-missing', kind, { detail, severity: isSomebodyNamed ? 'info' : 'serious' })]
}

function hasValue({ headers }: Message, name: string): boolean {
  return headerValue(headers, name) !== undefined
}

function guessKind(probes: readonly Probed[], copies: readonly SeenCopy[]): GatewayKind {
  const copy = copies[0]
  const has = (prefix: string): boolean =>
    copy?.headers.some(([name]) => name.toLowerCase().startsWith(prefix)) === true
  if (has('x-envoy-')) return 'envoy'
  if (has('x-forwarded-server')) return 'traefik'
  const server =
    probes.flatMap(({ answer }) => headerValue(answer?.headers ?? [], 'server') ?? [])[0]?.toLowerCase() ?? ''
  const via = probes.flatMap(({ answer }) => headerValue(answer?.headers ?? [], 'via') ?? [])[0]?.toLowerCase() ?? ''
  if (via.includes('kong') || server.includes('kong')) return 'kong'
  if (server.startsWith('envoy') || server.startsWith('istio')) return 'envoy'
  if (server.startsWith('nginx') || server.startsWith('openresty')) return 'nginx'
  return copy?.startLine.endsWith('HTTP/1.0') === true ? 'nginx' : 'unknown'
}
