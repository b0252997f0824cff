// Copies over HTTP/2: from Envoy, on the recipe of deploy/envoy/envoy-http2.yaml, and from h2load.
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { type ClientHttp2Session, connect, createServer, type ServerHttp2Stream } from 'node:http2'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { grpcMessage, protobufField } from '../request/support/protobuf.js'
import { type Envoy, envoyThreads, startEnvoy } from './support/envoy.js'
import { findFreePorts } from './support/free-ports.js'
import type { GatewayPorts } from './support/gateway.js'
import { setScene, testTraffic } from './support/mirroring-suite.js'
import { RawClient } from './support/raw-client.js'
import { Receiver } from './support/receiver.js'
import { temporaryFolder } from './support/repository.js'
import { requestText } from './support/request-text.js'
import { findProgram } from './support/required-program.js'
import { plainTraffic } from './support/traffic.js'
import { waitUntil } from './support/wait-until.js'

// Programs start and stop in here; each wait has its own, shorter end.
t.setTimeout(300_000)

const envoy = findProgram('envoy')
const h2load = findProgram('h2load')
const { skip } = envoy
const run = promisify(execFile)

function start(t: Test, ports: GatewayPorts): Promise<Envoy> {
  return startEnvoy(t, envoy.path, ports, { recipe: 'envoy-http2.yaml' })
}

t.test('envoy-http2.yaml, receiver answering', { skip }, (t) => testTraffic(t, { start, traffic: plainTraffic }))

t.test('envoy-http2.yaml, receiver hijacking', { skip }, (t) =>
  testTraffic(t, { start, traffic: plainTraffic, isHijacking: true }),
)

for (const isHijacking of [false, true]) {
  const manner = isHijacking ? 'hijacked' : 'answered'
  t.test(`${manner}, copies share kept connections, and an event names HTTP/2`, { skip }, async (t) => {
    const { receiver, gateway } = await setScene(t, { start, isHijacking })
    for (let count = 1; count <= 10; count += 1) {
      const client = RawClient.connect(gateway.port)
      await client.send(requestText({ target: `/?x=$globals&case=${count}` }))
      client.close()
      await receiver.awaitAccounted(count)
    }
    const { request } = await receiver.awaitEvent('case=10')
    t.match(request, { http_version: '2.0', host: 'app.example:8443', host_raw: 'app.example-shadow:8443' })
    const connectionCount = await receiver.metric('mirrorwaf_connections_accepted_total')
    t.ok(connectionCount <= envoyThreads, `${connectionCount} connections`)
    const answers = isHijacking ? 'upstream_rq_rx_reset' : 'upstream_rq_2xx'
    await waitUntil(
      'Envoy to count 10',
      async () => (await gateway.stat(`cluster.mirrorwaf.${answers}`)) === 10 || undefined,
    )
  })
}

t.test('connections that end of age lose no copy that crosses the news', { skip }, async (t) => {
  const receiverArgs = ['--connection-max-age', '200ms']
  const { receiver, gateway } = await setScene(t, { start, receiverArgs })
  const endMs = performance.now() + 3000
  const counts = await Promise.all(
    Array.from({ length: 16 }, async () => {
      const client = RawClient.connect(gateway.port)
      let count = 0
      for (; performance.now() < endMs; count += 1) await client.send(requestText({ target: '/' }))
      client.close()
      return count
    }),
  )
  await receiver.awaitAccounted(counts.reduce((sum, count) => sum + count, 0))
  const connectionCount = await receiver.metric('mirrorwaf_connections_accepted_total')
  t.ok(connectionCount > 2 * envoyThreads, `${connectionCount} connections`)
  t.equal(await gateway.stat('cluster.mirrorwaf.upstream_rq_rx_reset'), 0)
})

t.test('gRPC through Envoy: the attack in a message is found, the call succeeds', { skip }, async (t) => {
  const primaryPort = await startGrpcPrimary(t)
  const receiver = await Receiver.start(t)
  const gateway = await start(t, { primary: primaryPort, receiver: receiver.port })
  const client = connect(`http://127.0.0.1:${gateway.port}`)
  t.teardown(() => client.close())
  t.equal(await callGrpc(client, '/shop.Cart/Add?case=clean', 'a harmless name'), '0')
  t.equal(await callGrpc(client, '/shop.Cart/Add?case=attack', '$globals'), '0')
  await receiver.awaitAccounted(2)
  const events = receiver.events()
  t.equal(events.length, 1)
  t.match(events[0]?.request, { method: 'POST', http_version: '2.0', query: 'case=attack' })
  t.match(events[0]?.request.body, { type: 'application/grpc' })
  t.equal(await gateway.stat('cluster.mirrorwaf.upstream_rq_5xx'), 0)
})

t.test('h2load: as many outcomes as requests, every attack reported', { skip: h2load.skip }, async (t) => {
  const requestCount = 8000
  const receiver = await Receiver.start(t)
  const file = `${temporaryFolder(t)}/uris`
  const paths = ['/', '/a?b=c', '/static/app.js', '/search?q=$globals']
  writeFileSync(file, paths.map((path) => `http://127.0.0.1:${receiver.port}${path}\n`).join(''))
  const { stdout } = await run(h2load.path, ['-n', String(requestCount), '-c', '8', '-m', '32', '-i', file])
  t.match(stdout, `${requestCount} succeeded, 0 failed`)
  await receiver.awaitAccounted(requestCount)
  t.equal(await receiver.outcomeCount('matched'), requestCount / paths.length)
  t.equal(await receiver.outcomeCount('clean'), requestCount - requestCount / paths.length)
  t.equal(await receiver.metric('mirrorwaf_connections_accepted_total'), 8)
})

t.test('h2load with bodies, receiver hijacking: all of them counted', { skip: h2load.skip }, async (t) => {
  const requestCount = 2000
  const receiver = await Receiver.start(t, { isHijacking: true })
  const file = `${temporaryFolder(t)}/body`
  writeFileSync(file, JSON.stringify({ a: 'b'.repeat(2000), c: '$globals' }))
  const target = `http://127.0.0.1:${receiver.port}/json`
  await run(h2load.path, ['-n', String(requestCount), '-c', '4', '-m', '16', '-d', file, target])
  await receiver.awaitAccounted(requestCount)
  t.equal(await receiver.outcomeCount('matched'), requestCount)
})

/** Answers every call with an empty message and status 0. */
async function startGrpcPrimary(t: Test): Promise<number> {
  const [port = 0] = await findFreePorts(1)
  const server = createServer()
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.resume()
    stream.on('end', () => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      stream.end(grpcMessage(Buffer.alloc(0)))
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return port
}

/** @returns the call's grpc-status. */
function callGrpc(client: ClientHttp2Session, path: string, text: string): Promise<unknown> {
  const stream = client.request({
    ':method': 'POST',
    ':path': path,
    ':authority': 'app.example:8443',
    'content-type': 'application/grpc',
    te: 'trailers',
  })
  stream.end(grpcMessage(Buffer.concat([protobufField(1, 'a'), protobufField(2, protobufField(1, text))])))
  stream.resume()
  return new Promise((resolve, reject) => {
    stream.once('trailers', (trailers) => resolve(trailers['grpc-status']))
    stream.once('error', reject)
    stream.once('close', () => resolve(undefined))
  })
}
