import { readFileSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { checkConfigs } from '#src/doctor/config/check-configs.js'
import { repositoryRoot } from '../../source/support/source-files.js'

function recipe(path: string): string {
  return readFileSync(`${repositoryRoot}/deploy/${path}`, 'utf8')
}

async function check(t: Test, ...texts: readonly string[]): Promise<readonly string[]> {
  const folder = t.testdir({})
  const paths = texts.map((text, index) => {
    writeFileSync(`${folder}/${index}.yaml`, text)
    return `${folder}/${index}.yaml`
  })
  return (await checkConfigs(paths)).map(({ severity, code }) => `${severity} ${code}`)
}

const envoy = recipe('envoy/envoy.yaml')

t.test('the Envoy recipe: only the suffix, which is taken off', async (t) => {
  t.strictSame(await check(t, envoy), ['info host-shadow'])
})

t.test('Envoy: a share, a cluster that is not there, and one that is ejected', async (t) => {
  t.ok((await check(t, envoy.replace('numerator: 100', 'numerator: 99'))).includes('info partly-mirrored'))
  t.ok(
    (await check(t, envoy.replace('- cluster: mirrorwaf', '- cluster: other'))).includes(
      'serious mirror-target-missing',
    ),
  )
  const ejecting = envoy.replace('    - name: mirrorwaf\n', '    - name: mirrorwaf\n      outlier_detection: {}\n')
  t.ok((await check(t, ejecting)).includes('warning receiver-ejected'))
})

t.test('Envoy: no policy, and clients who say who they are', async (t) => {
  t.strictSame(await check(t, envoy.replace('request_mirror_policies', 'unknown')), ['serious nothing-mirrored'])
  t.ok(
    (await check(t, envoy.replace('use_remote_address: true', 'stat: 1'))).includes('warning client-address-missing'),
  )
})

t.test('Envoy: a host’s policies hold for its routes; a redirect is no route to mirror', async (t) => {
  const table = (host: string, route: string): string =>
    `http: { use_remote_address: true, route_config: { virtual_hosts: [{ ${host} routes: [{ ${route} }, { redirect: {} }] }] } }`
  const policy = 'request_mirror_policies: [{ cluster: "", disable_shadow_host_suffix_append: true }],'
  t.strictSame(await check(t, table(policy, 'route: { cluster: a }')), [])
  t.strictSame(await check(t, table('', 'route: { cluster: a }')), ['serious nothing-mirrored'])
})

t.test('the Kubernetes examples have no finding', async (t) => {
  for (const name of ['envoy-gateway', 'istio', 'nginx-gateway-fabric']) {
    t.strictSame(await check(t, recipe(`examples/${name}.yaml`)), [], name)
  }
})

const istio = recipe('examples/istio.yaml')

t.test('HTTPRoute: a mirror in another namespace needs its grant, in any of the files', async (t) => {
  const [gateway = '', route = '', grant = ''] = istio.split('\n---\n')
  t.strictSame(await check(t, gateway, route), ['serious grant-missing'])
  t.strictSame(await check(t, route, grant), [])
  t.strictSame(await check(t, route, grant.replace('namespace: shop', 'namespace: other')), ['serious grant-missing'])
  t.strictSame(await check(t, route, grant.replace('name: request-mirror', 'name: other')), ['serious grant-missing'])
})

t.test('HTTPRoute: no mirror, a share, and the same mirror twice', async (t) => {
  t.strictSame(await check(t, istio.replace('type: RequestMirror', 'type: Other')), ['serious nothing-mirrored'])
  const share = istio.replace(
    'requestMirror:\n',
    'requestMirror:\n            fraction: { numerator: 1, denominator: 1000 }\n',
  )
  t.strictSame(await check(t, share), ['info partly-mirrored'])
  const filter = /\n {8}- type: RequestMirror[\s\S]*?port: 8080/.exec(istio)?.[0] ?? ''
  t.strictSame(await check(t, istio.replace(filter, filter + filter)), ['warning duplicate-copies'])
})

t.test('what is none of these is refused', async (t) => {
  await t.rejects(check(t, 'a: 1'), { code: 'MWAF_DOCTOR_CONFIG', message: /neither Envoy/ })
  await t.rejects(check(t, 'a: ['), { code: 'MWAF_DOCTOR_CONFIG' })
})
