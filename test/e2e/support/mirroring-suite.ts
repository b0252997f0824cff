// What must hold whichever gateway mirrors: attacks arrive and are reported, nothing else is, the primary notices nothing.
import type { Test } from 'tap'
import type { SecurityEvent } from '#src/verdict/event.js'
import type { Gateway, GatewayPorts } from './gateway.js'
import { sendAlone } from './raw-client.js'
import { Receiver } from './receiver.js'
import { primaryAnswerBody, RecordingBackend } from './recording-backend.js'
import { testHost } from './request-text.js'
import { bytesOf, markOf, type TrafficCase } from './traffic.js'

export type StartGateway<G extends Gateway = Gateway> = (t: Test, ports: GatewayPorts) => Promise<G>

export interface Scene<G extends Gateway = Gateway> {
  readonly primary: RecordingBackend
  readonly receiver: Receiver
  readonly gateway: G
}

export interface SceneOptions<G extends Gateway> {
  readonly start: StartGateway<G>
  readonly isHijacking?: boolean
  /** Further options of the receiver. */
  readonly receiverArgs?: readonly string[]
}

/** A primary, a receiver and a gateway between them and the clients; all end with the test `t`. */
export async function setScene<G extends Gateway>(t: Test, options: SceneOptions<G>): Promise<Scene<G>> {
  const primary = await RecordingBackend.start(t)
  const { isHijacking = false, receiverArgs = [] } = options
  const receiver = await Receiver.start(t, { isHijacking, args: receiverArgs })
  const gateway = await options.start(t, { primary: primary.port, receiver: receiver.port })
  return { primary, receiver, gateway }
}

/** Sends all cases through the gateway, one after the other, and tests what came of each. */
export async function testTraffic<G extends Gateway>(
  t: Test,
  options: SceneOptions<G> & { readonly traffic: readonly TrafficCase[] },
): Promise<void> {
  const { traffic } = options
  const scene = await setScene(t, options)
  for (const each of traffic) {
    await t.test(`the primary answers ${each.name}`, (t) => testPrimary(t, scene, each))
  }
  await scene.receiver.awaitAccounted(traffic.length)
  const events = scene.receiver.events()
  for (const each of traffic) {
    const found = events.filter((event) => targetOf(event).includes(markOf(each)))
    await t.test(`${each.name} is ${each.isAttack ? 'reported once' : 'not reported'}`, (t) => {
      t.equal(found.length, each.isAttack ? 1 : 0)
      for (const event of found) testEvent(t, event, each)
      t.end()
    })
  }
}

async function testPrimary(t: Test, { primary, gateway }: Scene, each: TrafficCase): Promise<void> {
  const answer = await sendAlone(gateway.port, bytesOf(each))
  t.equal(answer.status, 200)
  t.equal(answer.message.body.toString(), primaryAnswerBody)
  const [arrived] = primary.withTarget(markOf(each))
  t.equal(arrived?.body.length, Buffer.byteLength(each.parts.body ?? ''), 'its body reaches the primary whole')
}

function testEvent(t: Test, event: SecurityEvent, each: TrafficCase): void {
  const { request } = event
  t.equal(request.method, each.parts.method ?? (each.parts.body === undefined ? 'GET' : 'POST'))
  t.equal(request.host, testHost, 'the host is the one the client named')
  t.equal(request.body.seen, Buffer.byteLength(each.parts.body ?? ''), 'the copy of its body arrives whole')
  t.equal(event.flags.truncated, false)
  t.ok(event.matches.length > 0)
}

function targetOf({ request }: SecurityEvent): string {
  return `${request.path}?${request.query}`
}
