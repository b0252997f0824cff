// What Datadog's Go mirror reports, mirrorwaf reports. Both inspect the same requests with the same ruleset; for each
// request the rule types that the peer names must be among ours. Types, not rules: which rule of a type is named is up to
// the order inside the engine, which differs between its builds.
import { createRequire } from 'node:module'
import t, { type Test } from 'tap'
import type { SecurityEvent } from '#src/verdict/event.js'
import { numberTag, parityRequests } from './support/parity-corpus.js'
import { buildPeer, type Peer, startPeer } from './support/peer.js'
import { RawClient } from './support/raw-client.js'
import { Receiver } from './support/receiver.js'
import { findProgram } from './support/required-program.js'
import { waitUntil } from './support/wait-until.js'

// Programs start and stop in here; each wait has its own, shorter end.
t.setTimeout(300_000)

const go = findProgram('go')
const rulesPath = createRequire(import.meta.url).resolve('dd-trace/packages/dd-trace/src/appsec/recommended.json')
const requests = parityRequests(rulesPath)

/** Rule types reported, by the request's number tag. */
type Reports = ReadonlyMap<string, ReadonlySet<string>>

/** Sends all requests over one connection; returns how many were answered otherwise than with a client error. */
async function sendAll(port: number): Promise<number> {
  const client = RawClient.connect(port)
  let acceptedCount = 0
  for (const { bytes } of requests) {
    const { status } = await client.send(bytes)
    if (status < 400) acceptedCount += 1
  }
  client.close()
  return acceptedCount
}

async function askPeer(peer: Peer): Promise<Reports> {
  const acceptedCount = await sendAll(peer.port)
  const { spans } = peer.agent
  await waitUntil(
    `${acceptedCount} spans of the Go peer`,
    () => spans.length >= acceptedCount || undefined,
    () => `${spans.length} came; ${peer.agent.failure} ${peer.process.describe()}`,
  )
  const reports = new Map<string, Set<string>>()
  for (const span of spans) {
    const triggers: PeerTriggers = JSON.parse(String(span.get('_dd.appsec.json') ?? '{}'))
    const types = (triggers.triggers ?? []).map(({ rule }) => rule.tags.type)
    reports.set(String(span.get('http.request.headers.via')), new Set(types))
  }
  return reports
}

async function askReceiver(receiver: Receiver): Promise<Reports> {
  await sendAll(receiver.port)
  await receiver.awaitAccounted(requests.length)
  return new Map(receiver.events().map((event) => [tagOf(event), typesOf(event)]))
}

function tagOf({ request }: SecurityEvent): string {
  const { via = '' } = request.headers
  return via
}

function typesOf({ matches }: SecurityEvent): ReadonlySet<string> {
  return new Set(matches.map(({ rule }) => rule.tags).map(({ type = '' }) => type))
}

/** What the peer reports and ours does not, in words. */
function missing(peer: Reports, ours: Reports): readonly string[] {
  return requests.flatMap(({ name }, number) => {
    const tag = numberTag(number)
    const found = ours.get(tag) ?? new Set()
    return [...(peer.get(tag) ?? [])].filter((type) => !found.has(type)).map((type) => `${type}: ${name}`)
  })
}

/** The part of the peer's report that is read here. */
interface PeerTriggers {
  readonly triggers?: readonly { readonly rule: { readonly tags: { readonly type: string } } }[]
}

t.test('every type of attack that the Go peer reports is reported', { skip: go.skip }, async (t: Test) => {
  const program = await buildPeer(go.path)
  const peerReports = await askPeer(await startPeer(t, program, rulesPath))
  const receiver = await Receiver.start(t, { rulesPath })
  const ours = await askReceiver(receiver)

  const peerTypes = new Set([...peerReports.values()].flatMap((types) => [...types]))
  t.comment(`${requests.length} requests; types the peer reports: ${[...peerTypes].sort().join(' ')}`)
  t.ok(peerTypes.size >= 15, 'the requests make the peer report most types there are')
  t.strictSame(missing(peerReports, ours), [])
})
