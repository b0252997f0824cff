// mirrorwaf behind Envoy, on the recipe of deploy/envoy.
import t, { type Test } from 'tap'
import { type Envoy, envoyThreads, startEnvoy } from './support/envoy.js'
import type { GatewayPorts } from './support/gateway.js'
import { setScene, testTraffic } from './support/mirroring-suite.js'
import { RawClient } from './support/raw-client.js'
import { requestText, testHost } from './support/request-text.js'
import { findProgram } from './support/required-program.js'
import { plainTraffic } from './support/traffic.js'
import { waitUntil } from './support/wait-until.js'

// Programs start and stop in here; each wait has its own, shorter end.
t.setTimeout(300_000)

const envoy = findProgram('envoy')
const { skip } = envoy

function start(t: Test, ports: GatewayPorts): Promise<Envoy> {
  return startEnvoy(t, envoy.path, ports)
}

async function sendOverOneConnection(port: number, count: number): Promise<void> {
  const client = RawClient.connect(port)
  for (let i = 0; i < count; i += 1) await client.send(requestText({ target: `/?x=$globals&case=${i}` }))
  client.close()
}

t.test('envoy.yaml, receiver answering', { skip }, (t) => testTraffic(t, { start, traffic: plainTraffic }))

t.test('envoy.yaml, receiver hijacking', { skip }, (t) =>
  testTraffic(t, { start, traffic: plainTraffic, isHijacking: true }),
)

t.test('copies share kept connections, and Envoy counts no failure', { skip }, async (t) => {
  const { receiver, gateway } = await setScene(t, { start })
  // One after the other: Envoy does not wait for a copy's answer, and opens a connection for each copy under way.
  for (let count = 1; count <= 10; count += 1) {
    await sendOverOneConnection(gateway.port, 1)
    await receiver.awaitAccounted(count)
  }
  const connectionCount = await receiver.metric('mirrorwaf_connections_accepted_total')
  t.ok(connectionCount <= envoyThreads, `${connectionCount} connections`)
  // The last answer may still be on its way.
  await waitUntil(
    'Envoy to count 10 answers',
    async () => (await gateway.stat('cluster.mirrorwaf.upstream_rq_2xx')) === 10 || undefined,
  )
  t.equal(await gateway.stat('cluster.mirrorwaf.upstream_rq_5xx'), 0)
})

t.test('hijacked, each copy has a connection of its own and Envoy counts a failure', { skip }, async (t) => {
  const { receiver, gateway } = await setScene(t, { start, isHijacking: true })
  await sendOverOneConnection(gateway.port, 20)
  await receiver.awaitAccounted(20)
  t.equal(await gateway.stat('cluster.mirrorwaf.upstream_cx_total'), 20)
  t.equal(await gateway.stat('cluster.mirrorwaf.upstream_rq_2xx'), 0)
})

t.test('the shadow suffix is taken off the host, before the port', { skip }, async (t) => {
  const { receiver, gateway } = await setScene(t, { start })
  await sendOverOneConnection(gateway.port, 1)
  const { request } = await receiver.awaitEvent('case=0')
  t.equal(request.host, testHost)
  t.equal(request.host_raw, 'app.example-shadow:8443')
})

t.test('an event and the primary share the request id that Envoy gave', { skip }, async (t) => {
  const { primary, receiver, gateway } = await setScene(t, { start })
  await sendOverOneConnection(gateway.port, 1)
  const { request } = await receiver.awaitEvent('case=0')
  t.equal(request.request_id, primary.requests[0]?.headers['x-request-id']?.[0])
  t.match(request.request_id, /^[0-9a-f-]{36}$/)
})
