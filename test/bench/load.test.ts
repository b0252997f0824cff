// The load sender against small servers: what it counts, and what it charges a slow server with.
import { createServer, type Server, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { requestBytesOf } from '#bench/corpora/corpus.js'
import type { StreamPlan, StreamResult } from '#bench/load/plan.js'
import { PlanRunner } from '#bench/load/run-plan.js'
import { LatencyHistogram } from '#bench/measure/latency-histogram.js'
import { floorServer } from '#bench/servers/floor.js'

const runner = new PlanRunner()
const answer = 'HTTP/1.1 204 No Content\r\n\r\n'
const requestBytes = requestBytesOf('get')

function plan(change: Partial<StreamPlan>): StreamPlan {
  const pacing = { kind: 'closed', maxRequests: 60 } as const
  return { label: 'test', corpus: 'get', seed: 1, connection: 'kept', connections: 4, pacing, ...change }
}

/** Listens on a free port; closed with all connections at the end of the test. */
async function listen(t: Test, onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    onConnection(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Calls back for every whole request. */
function onRequest(socket: Socket, callback: (count: number) => void): void {
  let bytes = 0
  let count = 0
  socket.on('data', (chunk) => {
    for (bytes += chunk.length; bytes >= requestBytes; bytes -= requestBytes) callback(++count)
  })
}

async function runOne(port: number, stream: StreamPlan, seconds = 5): Promise<StreamResult> {
  const [result] = await runner.run({ port, seconds, streams: [stream] })
  if (result === undefined) throw new Error('no result')
  return result
}

t.test('a closed loop on kept connections sends as many as it was told, one at a time', async (t) => {
  let connections = 0
  const port = await listen(t, (socket) => {
    connections++
    onRequest(socket, () => socket.write(answer))
  })
  const result = await runOne(port, plan({}))
  t.match(result, { sent: 60, answered: 60, failed: 0, unanswered: 0, badAnswers: 0, reconnects: 0, attacksSent: 0 })
  t.equal(connections, 4)
  t.equal(LatencyHistogram.decode(result.latency).count, 60)
})

t.test('attacks are counted as they are sent', async (t) => {
  const port = await listen(t, (socket) => onRequest(socket, () => socket.write(answer)))
  t.equal((await runOne(port, plan({ corpus: 'attacks' }))).attacksSent, 60)
})

t.test('an answer that is not 2xx is told', async (t) => {
  const port = await listen(t, (socket) => onRequest(socket, () => socket.write('HTTP/1.1 500 No\r\n\r\n')))
  t.match(await runOne(port, plan({})), { answered: 60, badAnswers: 60 })
})

t.test('an open loop charges a stall to every request that was due in it', async (t) => {
  const stallMs = 300
  const port = await listen(t, (socket) => {
    onRequest(socket, (count) => {
      if (count === 10) setTimeout(() => socket.write(answer), stallMs)
      else socket.write(answer)
    })
  })
  const pacing = { kind: 'open', perSecond: 500, arrivals: 'fixed' } as const
  const result = await runOne(port, plan({ connections: 1, pacing }), 1)
  const { p50Us, p90Us, maxUs } = LatencyHistogram.decode(result.latency).summary()
  t.match(result, { sent: 500, answered: 500, unanswered: 0 })
  // A timer may fire a little early by the finer clock.
  t.ok(maxUs > (stallMs - 5) * 1000, `longest ${maxUs} us`)
  t.ok(p90Us > 100_000, `a closed loop would have seen one slow request; p90 ${p90Us} us`)
  t.ok(p50Us < p90Us)
})

t.test('a connection per request: the end of the connection is the answer', async (t) => {
  let connections = 0
  const port = await listen(t, (socket) => {
    connections++
    onRequest(socket, () => socket.end())
  })
  const result = await runOne(port, plan({ connection: 'one-shot' }))
  t.match(result, { sent: 60, answered: 60, resets: 0, badAnswers: 0, failed: 0 })
  t.equal(connections, 60)
})

t.test('a connection per request: resets and unasked bytes are told', async (t) => {
  const resetting = await listen(t, (socket) => onRequest(socket, () => socket.resetAndDestroy()))
  t.match(await runOne(resetting, plan({ connection: 'one-shot' })), { answered: 60, resets: 60 })
  const talking = await listen(t, (socket) => onRequest(socket, () => socket.end(answer)))
  t.match(await runOne(talking, plan({ connection: 'one-shot' })), { answered: 60, badAnswers: 60 })
})

t.test('brief connections are closed from this side after the answer', async (t) => {
  let ended = 0
  const port = await listen(t, (socket) => {
    socket.on('close', () => ended++)
    onRequest(socket, () => socket.write(answer))
  })
  t.match(await runOne(port, plan({ connection: 'brief' })), { sent: 60, answered: 60, badAnswers: 0 })
  await new Promise((resolve) => setTimeout(resolve, 50))
  t.equal(ended, 60)
})

t.test('a kept connection that the server closes is made again, the request in hand is a failure', async (t) => {
  const port = await listen(t, (socket) => {
    onRequest(socket, (count) => {
      if (count === 5) socket.destroy()
      else socket.write(answer)
    })
  })
  const result = await runOne(port, plan({ connections: 1, pacing: { kind: 'closed', maxRequests: 20 } }))
  t.match(result, { sent: 20, answered: 16, failed: 4, unanswered: 0 })
  t.equal(result.reconnects, 4)
})

t.test('the floor answers each request once, however its bytes are cut', async (t) => {
  const floor = await floorServer().start({ mode: 'ack', requestBytes, core: undefined })
  t.teardown(() => floor.stop())
  t.match(await runOne(floor.port, plan({})), { sent: 60, answered: 60, badAnswers: 0 })
})

t.test('the hijacking floor closes each connection after its request', async (t) => {
  const floor = await floorServer().start({ mode: 'hijack', requestBytes, core: undefined })
  t.teardown(() => floor.stop())
  t.match(await runOne(floor.port, plan({ connection: 'one-shot' })), { answered: 60, resets: 0, badAnswers: 0 })
})
