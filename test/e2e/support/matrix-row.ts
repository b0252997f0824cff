// What one gateway's copies are like, measured through a receiver: one row of the matrix in deploy/gateways.md.
import type { Test } from 'tap'
import type { SecurityEvent } from '#src/verdict/event.js'
import type { MatrixGateway } from './matrix-gateways.js'
import { type Scene, setScene } from './mirroring-suite.js'
import { type Answer, RawClient, sendAlone } from './raw-client.js'
import { primaryAnswerBody } from './recording-backend.js'
import { type RequestParts, requestText, testHost } from './request-text.js'
import { bytesOf, largeBodyBytes, markOf, plainTraffic } from './traffic.js'
import { waitUntil } from './wait-until.js'

/** The columns after the gateway's name. */
export const matrixColumns = [
  'attacks found',
  'host',
  'client address',
  'body of 3 MB',
  'the same in chunks',
  'connections of 20 copies',
  'unknown method',
  'UTF-8 in the target',
  'receiver dead',
] as const

/** Not the address that gateways connect from, so that the two cannot be mixed up. */
const clientAddress = '127.0.0.9'
const forgedAddress = '203.0.113.7'
/** A copy that has not come after this time does not come; they take milliseconds. */
const copyPatienceMs = 3_000
const reuseCount = 20
/** More than one for each thread would be none kept. */
const keptLimit = 4
/** No client may wait longer for a dead receiver. The recipes let a copy hold up a client by at most 0.2 s. */
const unharmedLimitMs = 2_000

/** Starts the gateway and measures; the cells stand in the order of `matrixColumns`. */
export async function measureRow(t: Test, gateway: MatrixGateway): Promise<readonly string[]> {
  const { start, trustedHops } = gateway
  const receiverArgs = ['--trusted-hops', String(trustedHops), '--peers', '127.0.0.0/8']
  const scene = await setScene(t, { start, receiverArgs })
  const small = await describeAttacks(scene)
  const origin = await probe(scene, {
    target: '/?x=$globals&case=origin',
    headers: [`X-Forwarded-For: ${forgedAddress}`],
  })
  const body = JSON.stringify({ padding: 'a'.repeat(largeBodyBytes) })
  const json = { type: 'application/json', body } as const
  const long = await probe(scene, { target: '/?x=$globals&case=long', ...json })
  const chunked = await probe(scene, { target: '/?x=$globals&case=chunks', ...json, chunkBytes: 48_000 })
  return [
    small,
    describeHost(origin.event),
    `${describeAddress(origin.event)} with \`--trusted-hops ${trustedHops}\``,
    describeBody(long, body.length),
    describeBody(chunked, body.length),
    await describeReuse(scene),
    describeOdd(await probe(scene, { method: 'FOO', target: '/?x=$globals&case=method' })),
    describeOdd(await probe(scene, { target: '/?x=é$globals&case=utf8' })),
    await describeDeath(scene),
  ]
}

interface Probed {
  readonly status: number
  readonly event: SecurityEvent | undefined
}

/** Sends an attack; gives the gateway's answer and the event, if one comes. */
async function probe({ gateway, receiver }: Scene, parts: RequestParts): Promise<Probed> {
  const { status } = await sendAlone(gateway.port, requestText(parts), clientAddress)
  if (status !== 200) return { status, event: undefined }
  const mark = /case=[a-z0-9-]+/.exec(parts.target)?.[0] ?? ''
  const find = (): SecurityEvent | undefined => receiver.events().find(({ request }) => request.query.includes(mark))
  const event = await waitUntil(mark, find, () => '', copyPatienceMs).catch(() => undefined)
  return { status, event }
}

/** The common traffic but for its large bodies, which have columns of their own. */
async function describeAttacks(scene: Scene): Promise<string> {
  const traffic = plainTraffic.filter(({ mark }) => !mark.startsWith('large'))
  for (const each of traffic) await sendAlone(scene.gateway.port, bytesOf(each), clientAddress)
  const attacks = traffic.filter(({ isAttack }) => isAttack)
  await waitUntil(
    'its events',
    () => countFound(scene, attacks) === attacks.length || undefined,
    undefined,
    copyPatienceMs,
  )
    // How many there are is the result, whatever it is.
    .catch(() => undefined)
  const falseCount = scene.receiver.events().length - countFound(scene, attacks)
  const alarms = falseCount === 0 ? '' : `, ${falseCount} false`
  return `${countFound(scene, attacks)} of ${attacks.length}${alarms}`
}

function countFound({ receiver }: Scene, attacks: typeof plainTraffic): number {
  const queries = receiver.events().map(({ request }) => request.query)
  return attacks.filter((each) => queries.some((query) => query.includes(markOf(each)))).length
}

function describeHost(event: SecurityEvent | undefined): string {
  if (event === undefined) return 'no copy'
  const { host, host_raw: raw } = event.request
  if (host !== testHost) return `wrong: ${host}`
  return raw === host ? 'as sent' : `restored from \`${raw}\``
}

function describeAddress(event: SecurityEvent | undefined): string {
  return event?.client.ip === clientAddress ? 'right' : `wrong (${event?.client.ip})`
}

function describeBody({ event, status }: Probed, sentBytes: number): string {
  if (event === undefined) return status === 200 ? 'no copy' : String(status)
  const { seen } = event.request.body
  if (seen === sentBytes) return 'whole'
  // To the next power of two: how much of a buffer is free for a body depends on the head before it.
  const share = seen === 0 ? 'none of it' : `the first ${2 ** Math.round(Math.log2(seen / 1024))} KiB`
  return event.flags.truncated ? `${share}, marked` : `${share}, not marked`
}

function describeOdd({ event, status }: Probed): string {
  if (status !== 200) return `${status} to the client`
  return event === undefined ? 'passed, not mirrored' : 'found'
}

/** Copies one after the other: under way at once, they would need connections of their own. */
async function describeReuse({ gateway, receiver }: Scene): Promise<string> {
  const before = await receiver.metric('mirrorwaf_connections_accepted_total')
  const receivedBefore = await receiver.metric('mirrorwaf_requests_received_total')
  const client = RawClient.connect(gateway.port, clientAddress)
  for (let count = 1; count <= reuseCount; count += 1) {
    await client.send(requestText({ target: `/?reuse=${count}` }))
    await waitUntil('the copy', async () => {
      const received = await receiver.metric('mirrorwaf_requests_received_total')
      return received >= receivedBefore + count || undefined
    })
  }
  client.close()
  const opened = (await receiver.metric('mirrorwaf_connections_accepted_total')) - before
  if (opened <= keptLimit) return 'kept'
  return opened === reuseCount ? 'one each' : `${opened}`
}

async function describeDeath({ gateway, receiver }: Scene): Promise<string> {
  await receiver.process.kill()
  const request = requestText({ target: '/?x=$globals', type: 'application/json', body: JSON.stringify({ a: 1 }) })
  const answers: Answer[] = []
  const client = RawClient.connect(gateway.port, clientAddress)
  for (let count = 0; count < 5; count += 1) answers.push(await client.send(request))
  client.close()
  for (let count = 0; count < 5; count += 1) answers.push(await sendAlone(gateway.port, request, clientAddress))
  const isGood = ({ status, message, durationMs }: Answer): boolean =>
    status === 200 && message.body.toString() === primaryAnswerBody && durationMs < unharmedLimitMs
  const bad = answers.filter((answer) => !isGood(answer)).length
  return bad === 0 ? 'not felt' : `${bad} of ${answers.length} clients harmed`
}
