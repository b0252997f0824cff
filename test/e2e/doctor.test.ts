// mirrorwaf doctor at real gateways: each finding where the fault is, and the recipes without a serious one.
import { writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { codesOf, type DoctorRun, examineGateway, runDoctor } from './support/doctor-run.js'
import { startEnvoy } from './support/envoy.js'
import { translateRecipe } from './support/envoy-gateway.js'
import { findFreePorts } from './support/free-ports.js'
import { matrixGateways } from './support/matrix-gateways.js'
import type { StartGateway } from './support/mirroring-suite.js'
import { type NginxRecipe, startNginx } from './support/nginx.js'
import { readRecipe } from './support/recipe.js'
import { RecordingBackend } from './support/recording-backend.js'
import { temporaryFolder } from './support/repository.js'
import { findProgram } from './support/required-program.js'

// Programs start and stop in here; each wait has its own, shorter end.
t.setTimeout(600_000)

const nginx = findProgram('nginx')
const envoy = findProgram('envoy')
const egctl = findProgram('egctl')

type Changes = Readonly<Record<string, string>>

async function examineNginx(t: Test, changes: Changes, recipe: NginxRecipe = 'nginx.conf'): Promise<DoctorRun> {
  return (await examineGateway(t, (t, ports) => startNginx(t, nginx.path, recipe, ports, changes))).run
}

async function examineEnvoy(t: Test, changes: Changes): Promise<DoctorRun> {
  return (await examineGateway(t, (t, ports) => startEnvoy(t, envoy.path, ports, { changes }))).run
}

const mirror = 'mirror /.mirrorwaf;'
const mirrorHost = '      proxy_set_header Host $http_host;\n      # The default is none'

t.test('no recipe has a serious finding, and doctor knows nginx, Envoy and Traefik when it meets them', async (t) => {
  const kinds = new Map([
    ['nginx', 'nginx'],
    ['Envoy', 'envoy'],
    ['Traefik', 'traefik'],
  ])
  for (const gateway of matrixGateways) {
    await t.test(gateway.name, { skip: gateway.skip }, async (t) => {
      const { run } = await examineGateway(t, gateway.start)
      t.equal(run.exitCode, 0)
      t.notOk(run.findings.some(({ severity }) => severity === 'serious'))
      const expected = [...kinds].find(([name]) => gateway.name.startsWith(`[${name}`))?.[1] ?? 'unknown'
      t.equal(run.gateway?.kind, expected)
      const hops = run.findings.find(({ code }) => code === 'trusted-hops')
      t.match(hops?.detail, new RegExp(`--trusted-hops ${gateway.trustedHops}\\.$`))
    })
  }
})

t.test('nginx.conf: nothing but what the receiver has to be told', { skip: nginx.skip }, async (t) => {
  t.strictSame(codesOf(await examineNginx(t, {})), ['warning trusted-hops'])
})

t.test('nginx without headers for the mirror: a numeric host, and no client', { skip: nginx.skip }, async (t) => {
  const headers =
    '      proxy_set_header Host $http_host;\n      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n    }\n  }\n}'
  const run = await examineNginx(t, { [headers]: '    }\n  }\n}' }, 'nginx-minimal.conf')
  t.equal(run.exitCode, 1)
  t.strictSame(codesOf(run).slice(0, 2), ['serious client-address-missing', 'warning connection-per-copy'])
  t.ok(codesOf(run).includes('warning host-numeric'))
  t.match(run.findings[0]?.fix, /proxy_set_header X-Forwarded-For/)
})

t.test('nginx with a host of its own for copies', { skip: nginx.skip }, async (t) => {
  const run = await examineNginx(t, { [mirrorHost]: mirrorHost.replace('$http_host', 'waf.internal') })
  t.ok(codesOf(run).includes('warning host-changed'))
})

t.test('nginx without the bodies', { skip: nginx.skip }, async (t) => {
  const run = await examineNginx(t, { 'mirror_request_body on;': 'mirror_request_body off;' })
  t.equal(run.exitCode, 1)
  t.equal(codesOf(run).filter((code) => code === 'serious body-cut').length, 3)
})

t.test('nginx without $request_uri: every copy asks for the mirror’s own location', { skip: nginx.skip }, async (t) => {
  const run = await examineNginx(t, { 'http://mirrorwaf$request_uri': 'http://mirrorwaf' })
  t.equal(run.exitCode, 1)
  t.match(run.findings[0], { code: 'target-changed', detail: /the copy for \/\.mirrorwaf\?/ })
})

t.test('nginx with HTTP/1.0 and its own time-outs', { skip: nginx.skip }, async (t) => {
  const run = await examineNginx(t, {}, 'nginx-minimal.conf')
  t.strictSame(codesOf(run), [
    'warning connection-per-copy',
    'warning trusted-hops',
    'warning slow-receiver-holds-clients',
  ])
})

t.test(
  'nginx with two servers behind the mirror loses copies after an early close',
  { skip: nginx.skip },
  async (t) => {
    const run = await examineNginx(t, {
      // Each worker process counts failures for itself: on a machine with many cores as with one.
      'worker_processes auto;': 'worker_processes 16;',
      'server 127.0.0.1:8080 max_fails=0;': 'server 127.0.0.1:8080; server 127.0.0.1:8080;',
      'proxy_next_upstream off;': '',
    })
    t.ok(codesOf(run).includes('warning early-close-loses-copies'))
    t.match(run.findings.find(({ code }) => code === 'early-close-loses-copies')?.fix, /max_fails=0/)
  },
)

t.test('nginx with two mirrors: each request twice', { skip: nginx.skip }, async (t) => {
  const run = await examineNginx(t, { [mirror]: `${mirror} ${mirror}` })
  t.match(run.findings.find(({ code }) => code === 'duplicate-copies')?.detail, /^20 of 20/)
})

t.test('nginx that asks the receiver first: clients are harmed when it is gone', { skip: nginx.skip }, async (t) => {
  const run = await examineNginx(t, { [mirror]: 'auth_request /.mirrorwaf;', 'mirror_request_body on;': '' })
  t.equal(run.exitCode, 1)
  t.ok(codesOf(run).includes('serious dead-receiver-harms-clients'))
})

t.test('nginx that does not mirror at all', { skip: nginx.skip }, async (t) => {
  const run = await examineNginx(t, { [mirror]: '', 'mirror_request_body on;': '' })
  t.equal(run.exitCode, 1)
  t.strictSame(codesOf(run), ['serious lost-copies'])
  t.match(run.findings[0]?.detail, /^20 of 20/)
})

t.test('Envoy that mirrors half: the copies that are missing are counted', { skip: envoy.skip }, async (t) => {
  const run = await examineEnvoy(t, { 'numerator: 100': 'numerator: 50' })
  t.equal(run.exitCode, 1)
  t.equal(run.findings[0]?.code, 'lost-copies')
})

t.test('Envoy: the suffix, the additional hop, and what it refuses itself', { skip: envoy.skip }, async (t) => {
  const run = await examineEnvoy(t, {})
  t.strictSame(codesOf(run), ['warning trusted-hops', 'info host-shadow', 'info gateway-refuses'])
})

t.test('Envoy that ejects a receiver after one failure', { skip: envoy.skip }, async (t) => {
  const ejecting = [
    '    - name: mirrorwaf\n      type: STRICT_DNS',
    '      common_lb_config: { healthy_panic_threshold: { value: 0 } }',
    '      outlier_detection: { consecutive_5xx: 1, interval: 0.1s, base_ejection_time: 30s, max_ejection_percent: 100 }',
  ].join('\n')
  const changes = { '    - name: mirrorwaf\n      type: STRICT_DNS': ejecting }
  const { run, gateway } = await examineGateway(t, (t, ports) => startEnvoy(t, envoy.path, ports, { changes }))
  const read = await runDoctor(['--config', gateway.configuration ?? ''])
  t.ok(codesOf(read).includes('warning receiver-ejected'))
  t.ok(codesOf(run).includes('warning early-close-loses-copies'))
  t.match(run.findings.find(({ code }) => code === 'early-close-loses-copies')?.fix, /outlier_detection/)
})

t.test('what a configuration says is true of the gateway that runs it', async (t) => {
  await t.test('nginx that mirrors to a location that is not there', { skip: nginx.skip }, async (t) => {
    const start: StartGateway = (t, ports) => {
      return startNginx(t, nginx.path, 'nginx.conf', ports, { [mirror]: 'mirror /.nowhere;' })
    }
    const { run, gateway } = await examineGateway(t, start)
    t.strictSame(codesOf(run), ['serious lost-copies'])
    const read = await runDoctor(['--config', gateway.configuration ?? ''])
    t.equal(read.exitCode, 1)
    t.strictSame(codesOf(read), ['serious mirror-target-missing'])
  })

  await t.test('nginx whose mirror location is open to clients', { skip: nginx.skip }, async (t) => {
    for (const isOpen of [false, true]) {
      const [receiver = 0] = await findFreePorts(1)
      const primary = await RecordingBackend.start(t)
      const ports = { primary: primary.port, receiver }
      const changes = isOpen ? { '      internal;\n': '' } : {}
      const { port, configuration = '' } = await startNginx(t, nginx.path, 'nginx.conf', ports, changes)
      const { status } = await fetch(`http://127.0.0.1:${port}/.mirrorwaf`)
      t.equal(status, isOpen ? 502 : 404, 'open, nginx asks the receiver, which is not there')
      const read = await runDoctor(['--config', configuration])
      t.equal(codesOf(read).includes('warning mirror-location-public'), isOpen)
    }
  })

  await t.test('Envoy that mirrors to a cluster that is not there', { skip: envoy.skip }, async (t) => {
    const changes = {
      'cluster: mirrorwaf': 'cluster: nowhere',
      // Otherwise Envoy refuses to start: so it is with routes that come over the network.
      'route_config:\n': 'route_config:\n                  validate_clusters: false\n',
    }
    const { run, gateway } = await examineGateway(t, (t, ports) => startEnvoy(t, envoy.path, ports, { changes }))
    t.strictSame(codesOf(run), ['serious lost-copies'])
    const read = await runDoctor(['--config', gateway.configuration ?? ''])
    t.equal(read.exitCode, 1)
    t.ok(codesOf(read).includes('serious mirror-target-missing'))
  })

  await t.test('a route without its ReferenceGrant', { skip: egctl.skip }, async (t) => {
    const withGrant = translateRecipe(t, egctl.path)
    t.match(JSON.stringify(withGrant.routes), /requestMirrorPolicies/)
    const changes = { 'namespace: shop\n  to:': 'namespace: other\n  to:' }
    const without = translateRecipe(t, egctl.path, changes)
    t.ok(without.routes.length > 0)
    t.notMatch(JSON.stringify(without.routes), /requestMirrorPolicies/)
    const file = `${temporaryFolder(t)}/objects.yaml`
    writeFileSync(file, readRecipe('deploy/examples/envoy-gateway.yaml', changes))
    const read = await runDoctor(['--config', file])
    t.equal(read.exitCode, 1)
    t.strictSame(codesOf(read), ['serious grant-missing'])
  })
})

t.test('a gateway that is not there', async (t) => {
  const [port = 0, receiver = 0] = await findFreePorts(2)
  const run = await runDoctor(['--gateway', `http://127.0.0.1:${port}`, '--receive', `127.0.0.1:${receiver}`])
  t.equal(run.exitCode, 1)
  t.strictSame(codesOf(run), ['serious gateway-unreachable'])
})
