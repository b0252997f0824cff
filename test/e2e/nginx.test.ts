// mirrorwaf behind nginx, on both recipes of deploy/nginx.
import t, { type Test } from 'tap'
import { type StartGateway, setScene, testTraffic } from './support/mirroring-suite.js'
import { type NginxRecipe, startNginx } from './support/nginx.js'
import { RawClient } from './support/raw-client.js'
import { requestText } from './support/request-text.js'
import { findProgram } from './support/required-program.js'
import { oddTraffic, plainTraffic } from './support/traffic.js'

// Programs start and stop in here; each wait has its own, shorter end.
t.setTimeout(300_000)

const nginx = findProgram('nginx')
const traffic = [...plainTraffic, ...oddTraffic]

function startWith(recipe: NginxRecipe): StartGateway {
  return (t, ports) => startNginx(t, nginx.path, recipe, ports)
}

async function sendOverOneConnection(port: number, count: number): Promise<void> {
  const client = RawClient.connect(port)
  for (let i = 0; i < count; i += 1) await client.send(requestText({ target: `/?x=$globals&case=${i}` }))
  client.close()
}

t.test('nginx.conf, receiver answering', { skip: nginx.skip }, (t) =>
  testTraffic(t, { start: startWith('nginx.conf'), traffic }),
)

t.test('nginx.conf, receiver hijacking', { skip: nginx.skip }, (t) =>
  testTraffic(t, { start: startWith('nginx.conf'), traffic, isHijacking: true }),
)

t.test('nginx-minimal.conf, receiver answering', { skip: nginx.skip }, (t) =>
  testTraffic(t, { start: startWith('nginx-minimal.conf'), traffic }),
)

t.test('nginx-minimal.conf, receiver hijacking', { skip: nginx.skip }, (t) =>
  testTraffic(t, { start: startWith('nginx-minimal.conf'), traffic, isHijacking: true }),
)

t.test('copies share one kept connection with nginx.conf', { skip: nginx.skip }, async (t: Test) => {
  const { receiver, gateway } = await setScene(t, { start: startWith('nginx.conf') })
  await sendOverOneConnection(gateway.port, 20)
  await receiver.awaitAccounted(20)
  t.equal(await receiver.metric('mirrorwaf_connections_accepted_total'), 1)
})

t.test('each copy has a connection of its own with nginx-minimal.conf', { skip: nginx.skip }, async (t: Test) => {
  const { receiver, gateway } = await setScene(t, { start: startWith('nginx-minimal.conf') })
  await sendOverOneConnection(gateway.port, 20)
  await receiver.awaitAccounted(20)
  t.equal(await receiver.metric('mirrorwaf_connections_accepted_total'), 20)
})

t.test('an event and the primary share the request id that nginx gave', { skip: nginx.skip }, async (t: Test) => {
  const { primary, receiver, gateway } = await setScene(t, { start: startWith('nginx.conf') })
  await sendOverOneConnection(gateway.port, 1)
  const event = await receiver.awaitEvent('case=0')
  t.match(event.request.request_id, /^[0-9a-f]{32}$/)
  t.equal(event.request.request_id, primary.requests[0]?.headers['x-request-id']?.[0])
})

t.test('events name the client, not nginx', { skip: nginx.skip }, async (t: Test) => {
  const { receiver, gateway } = await setScene(t, { start: startWith('nginx-minimal.conf') })
  const client = RawClient.connect(gateway.port)
  await client.send(requestText({ target: '/?x=$globals&case=ip', headers: ['X-Forwarded-For: 203.0.113.7'] }))
  client.close()
  const event = await receiver.awaitEvent('case=ip')
  t.equal(event.client.ip, '203.0.113.7')
})
