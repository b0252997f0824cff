// A steady load of attacks that can be told apart, and what has to be true of it whatever else happens.
import net from 'node:net'
import type { Test } from 'tap'
import { Load, type LoadResult } from './load.js'
import type { Receiver } from './receiver.js'
import { requestText } from './request-text.js'

/** No fault may hold up an answer for longer; answers normally take less than a millisecond. */
const answerLimitMs = 1_000

/** An attack that names its number, so that its event can be told from the others'. */
export function attackNumber(number: number): Buffer {
  return requestText({ target: `/?x=$globals&case=n${number}-`, headers: ['User-Agent: mirrorwaf-e2e'] })
}

export function startAttacks(port: number, requestsPerSecond = 300): Load {
  return Load.start({ port, connections: 10, requestsPerSecond, requestOf: attackNumber })
}

/** Numbers of the answered requests that have no event. */
export function withoutEvent({ answered }: LoadResult, receiver: Receiver): readonly number[] {
  const queries = receiver.events().map(({ request }) => request.query)
  const reported = new Set(queries.map((query) => Number(/case=n(\d+)-/.exec(query)?.[1])))
  return answered.filter((number) => !reported.has(number))
}

/** Every request was answered, in time. */
export function testAnswers(t: Test, { answered, unanswered, slowestMs, statuses }: LoadResult): void {
  t.ok(answered.length > 0)
  t.strictSame(unanswered, [])
  t.strictSame(statuses, new Set([204]))
  t.ok(slowestMs < answerLimitMs, `the slowest of ${answered.length} answers took ${slowestMs.toFixed(1)} ms`)
  t.comment(`${answered.length} answers, the slowest took ${slowestMs.toFixed(1)} ms`)
}

/** Connections that each send `bytes` and then nothing; they are closed with the test. */
export async function openConnections(
  t: Test,
  port: number,
  count: number,
  bytes: string,
): Promise<readonly net.Socket[]> {
  const sockets = Array.from({ length: count }, () => net.connect({ port, host: '127.0.0.1', allowHalfOpen: true }))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
  })
  await Promise.all(
    sockets.map(
      (socket) =>
        new Promise<void>((resolve) => {
          socket.on('error', () => resolve())
          socket.once('connect', () => socket.write(bytes, () => resolve()))
        }),
    ),
  )
  return sockets
}
