// mirrorwaf kube emit, through its command: manifests in, manifests out, no cluster.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { parseAllDocuments } from 'yaml'
import { arrayAt, type JsonValue, objectsAt, stringAt, valueAt } from '#src/kube/json/json-value.js'
import { runCommand } from './support/run-command.js'

const manifest = `# shop's routes, see the wiki
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: checkout # the important one
  namespace: shop
spec:
  parentRefs:
  - name: gw
  rules:
  # carts
  - matches:
    - path: {type: PathPrefix, value: /cart}
    backendRefs:
    - name: foo
      port: 80

  - backendRefs:
    - name: bar
      port: 80
    filters:
    - type: CORS # unknown to the Go tool
      cors: {allowOrigins: ['*']}
---
# not a route
apiVersion: v1
kind: ConfigMap
metadata: {  name:   odd-spacing  }
`
const emit = (stdin: string, ...flags: string[]) => runCommand(['emit', '--namespace', 'mirror', ...flags], { stdin })
const documents = (text: string): JsonValue[] =>
  [...parseAllDocuments(text)].map((document): JsonValue => document.toJS())
const filterTypes = (route: JsonValue | undefined) =>
  arrayAt(route, 'spec', 'rules').map((rule) => objectsAt(rule, 'filters').map((filter) => stringAt(filter, 'type')))

t.test('comments, order and other documents stay; only filters, record and grants are new', async (t) => {
  const { code, stdout } = await emit(manifest)
  t.equal(code, 0)
  const lines = new Set(stdout.split('\n'))
  t.strictSame(
    manifest.split('\n').filter((line) => !lines.has(line)),
    [],
  )
  const [route, other, grant] = documents(stdout)
  t.strictSame(filterTypes(route), [['RequestMirror'], ['CORS', 'RequestMirror']])
  t.equal(stringAt(other, 'kind'), 'ConfigMap')
  t.match(grant, { apiVersion: 'gateway.networking.k8s.io/v1beta1', kind: 'ReferenceGrant' })
})

t.test('what was emitted is not changed by a second run', async (t) => {
  const { stdout } = await emit(manifest, '--percent', '10')
  t.equal((await emit(stdout, '--percent', '10')).stdout, stdout)
})

t.test('--remove takes back what emit added, grants too', async (t) => {
  const { stdout } = await emit(manifest)
  const back = await emit(stdout, '--remove')
  t.equal(back.code, 0)
  t.equal(back.stdout, manifest)
})

t.test('a grant among the manifests is completed where it stands', async (t) => {
  const { stdout } = await emit(manifest)
  const more = manifest.replace('namespace: shop', 'namespace: blog').replace('name: checkout', 'name: feed')
  const grants = documents((await emit(`${stdout}---\n${more}`)).stdout).filter(
    (document) => stringAt(document, 'kind') === 'ReferenceGrant',
  )
  t.equal(grants.length, 1)
  t.strictSame(
    objectsAt(grants[0], 'spec', 'from').map((from) => stringAt(from, 'namespace')),
    ['shop', 'blog'],
  )
})

t.test('--grant-version v1 writes that version', async (t) => {
  t.match(documents((await emit(manifest, '--grant-version', 'v1')).stdout).at(-1), {
    apiVersion: 'gateway.networking.k8s.io/v1',
  })
})

t.test('a route without namespace gets its grant for --route-namespace, and stays without one', async (t) => {
  const { stdout } = await emit(manifest.replace('  namespace: shop\n', ''), '--route-namespace', 'shop')
  const [route, , grant] = documents(stdout)
  t.equal(valueAt(route, 'metadata', 'namespace'), undefined)
  t.equal(valueAt(grant, 'spec', 'from', 0, 'namespace'), 'shop')
})

t.test('the items of a List are patched', async (t) => {
  const [route] = documents(manifest)
  const { stdout } = await emit(
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [{ kind: 'Secret' }, route ?? null] }),
  )
  const list = documents(stdout)[0]
  t.strictSame(filterTypes(valueAt(list, 'items', 1)), [['RequestMirror'], ['CORS', 'RequestMirror']])
  t.match(stdout, /^\{\n {2}"apiVersion": "v1"/, 'JSON stays JSON')
})

t.test('rules that share a part through an alias each get one filter', async (t) => {
  const aliased = `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r, namespace: shop}
spec:
  rules:
  - filters: &shared
    - {type: RequestHeaderModifier, requestHeaderModifier: {remove: [x]}}
  - filters: *shared
`
  const { stdout } = await emit(aliased)
  const [route] = documents(stdout)
  t.strictSame(filterTypes(route), [
    ['RequestHeaderModifier', 'RequestMirror'],
    ['RequestHeaderModifier', 'RequestMirror'],
  ])
  t.notMatch(stdout, /\*shared/)
})

t.test('objects that only look like routes are left alone', async (t) => {
  const foreign = manifest.replace('gateway.networking.k8s.io/v1', 'example.net/v1')
  const { stdout, stderr } = await emit(foreign)
  t.equal(stdout, foreign)
  t.match(stderr, /No HTTPRoute or GRPCRoute/)
})

t.test('--selector leaves others alone', async (t) => {
  t.equal((await emit(manifest, '--selector', 'team=web')).stdout, manifest)
})

t.test('a rule that is full is named, the rest is emitted, exit code 1', async (t) => {
  const full = Array.from({ length: 16 }, () => ({ type: 'URLRewrite' }))
  const route = {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'r', namespace: 'n' },
  }
  const { code, stdout, stderr } = await emit(JSON.stringify({ ...route, spec: { rules: [{ filters: full }, {}] } }))
  t.equal(code, 1)
  t.match(stderr, /rule 0 blocked: it has 16 filters/)
  t.strictSame(
    filterTypes(documents(stdout)[0]).map((types) => types.length),
    [16, 1],
  )
})

t.test(
  'files and folders are read in order; a missing one, and broken YAML, are named and nothing is printed',
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'mirrorwaf-emit-'))
    t.teardown(() => rm(folder, { recursive: true }))
    await writeFile(join(folder, 'b.yaml'), manifest)
    await writeFile(join(folder, 'a.yml'), manifest.replace('checkout', 'first'))
    await writeFile(join(folder, 'note.txt'), 'a: [')
    const good = await runCommand(['emit', '--namespace', 'mirror', folder])
    t.strictSame(
      documents(good.stdout)
        .filter((document) => stringAt(document, 'kind') === 'HTTPRoute')
        .map((document) => stringAt(document, 'metadata', 'name')),
      ['first', 'checkout'],
    )
    const missing = await runCommand(['emit', join(folder, 'none.yaml')])
    t.match(missing, { code: 1, stdout: '', stderr: /^MWAF_KUBE_MANIFEST: .*none\.yaml: ENOENT/ })
    const broken = await emit('kind: HTTPRoute\n  spec: [')
    t.match(broken, { code: 1, stdout: '', stderr: /^MWAF_KUBE_MANIFEST: Cannot use the manifest standard input/ })
  },
)

t.test('an interrupt ends the wait for standard input', async (t) => {
  const stdin = new PassThrough()
  stdin.write(manifest)
  const controller = new AbortController()
  setTimeout(() => controller.abort(), 50)
  const result = await runCommand(['emit'], { stdin, signal: controller.signal })
  t.match(result, { code: 1, stdout: '', stderr: /^MWAF_KUBE_MANIFEST: .*standard input: .*abort/ })
})

t.test('emit takes no cluster options', async (t) => {
  t.match(await emit('', '--kubeconfig', 'x'), { code: 2, stderr: /^MWAF_OPTIONS_UNKNOWN/ })
})
