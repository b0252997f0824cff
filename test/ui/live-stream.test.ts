import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { backlogLimitBytes, clientLimit, eventsPerTick, LiveStream } from '#src/ui/live-stream.js'
import type { EventSummary, LiveHello } from '#src/ui/page/api-types.js'
import { portOf } from '../e2e/support/free-ports.js'

const hello: LiveHello = {
  version: '1',
  outcomes: [],
  samples: [],
  store: { kind: 'memory', eventCount: 0, oldestMs: null, limitBytes: 1, ageMs: 1, forgottenCount: 0, fault: null },
}

const event: EventSummary = {
  id: 1,
  atMs: 0,
  method: 'GET',
  host: '',
  path: '/'.repeat(200),
  query: '',
  client: '',
  route: '',
  rules: [],
  where: '',
  value: '',
}

/** A stream with one page that never reads. */
async function openStalled(t: Test): Promise<{
  stream: LiveStream
  response: ServerResponse
}> {
  const stream = new LiveStream()
  const server = createServer((_request, response) => {
    response.writeHead(200)
    stream.add(response, hello)
    server.emit('page', response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect(portOf(server), '127.0.0.1')
  socket.pause()
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  const [response] = await once(server, 'page')
  t.teardown(() => {
    socket.destroy()
    server.close()
    server.closeAllConnections()
  })
  return { stream, response }
}

t.test('a page that does not read is let go and counted, and costs a bounded amount until then', async (t) => {
  const { stream, response } = await openStalled(t)
  t.equal(stream.clientCount, 1)
  let rounds = 0
  let largest = 0
  while (stream.clientCount === 1 && rounds < 10_000) {
    for (let index = 0; index < eventsPerTick; index++) stream.addEvent(event)
    stream.tick(undefined)
    largest = Math.max(largest, response.writableLength)
    rounds += 1
    if (rounds % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  t.equal(stream.slowCount, 1)
  t.equal(response.destroyed, true)
  t.ok(largest < backlogLimitBytes + 64 * 1024, `${largest} bytes waited`)
})

t.test('a tick takes so many events and counts the rest', async (t) => {
  const { stream } = await openStalled(t)
  for (let index = 0; index < eventsPerTick; index++) {
    t.equal(stream.hasRoom, true)
    stream.addEvent(event)
  }
  t.equal(stream.hasRoom, false)
  stream.skipEvent()
  stream.tick(undefined)
  t.equal(stream.hasRoom, true)
  t.equal(stream.toldCount, eventsPerTick)
})

t.test('without a page nothing is summarised', async (t) => {
  t.equal(new LiveStream().hasRoom, false)
  t.ok(clientLimit > 0)
})
