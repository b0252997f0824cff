// 500 routes: all patched, with progress on a terminal, faster per route than client-go at its default limits.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { mapConcurrently } from '#src/kube/access/map-concurrently.js'
import { arrayAt, numberAt, parseJson } from '#src/kube/json/json-value.js'
import { httpRoute, httpRoutes, KubeFixture, mirrorService, namespace, pathRule } from './support/kube-fixture.js'
import { kubeTool } from './support/kube-tools.js'

t.setTimeout(900_000)
const kube = await KubeFixture.start()
t.teardown(() => kube.stop())
const run = promisify(execFile)

const routeCount = 500
/** client-go lets ten requests through at once and five per second after that; this many show the rate in ten seconds. */
const yardstickCount = 60

async function addRoutes(inNamespace: string, count: number): Promise<void> {
  await kube.create(namespace(inNamespace))
  const names = Array.from({ length: count }, (_, index) => `r${String(index).padStart(3, '0')}`)
  await mapConcurrently(names, (name) => kube.create(httpRoute(inNamespace, name, [pathRule('/a'), pathRule('/b')])))
}

await kube.create(namespace('mirror'), mirrorService('mirror'))
await addRoutes('many', routeCount)
await addRoutes('few', yardstickCount)

t.test('500 routes are all patched, counted on the terminal, and faster each than client-go allows', async (t) => {
  const startedMs = performance.now()
  const result = await kube.kube(['patch-httproutes', '--namespace', 'mirror', '--in-namespaces', 'many'], {
    isTty: true,
  })
  const oursMs = (performance.now() - startedMs) / routeCount
  t.equal(result.code, 0)
  t.match(result.stdout, /501 written/)
  t.match(result.stderr, /\rpatching routes 0\/500/)
  t.match(result.stderr, /\rpatching routes 500\/500/)
  const { items } = await kube.admin.list(httpRoutes, 'many')
  const withBoth = items.filter((route) =>
    arrayAt(route, 'spec', 'rules').every((rule) => arrayAt(rule, 'filters').length === 1),
  )
  t.equal(withBoth.length, routeCount)

  const yardstick = await kubeTool('yardstick')
  const flags = [
    '-kubeconfig',
    kube.kubeconfig,
    '-namespace',
    'few',
    '-mirror',
    'mirror',
    '-count',
    String(yardstickCount),
  ]
  const measured = parseJson((await run(yardstick, flags)).stdout)
  t.equal(numberAt(measured, 'patched'), yardstickCount)
  const theirsMs = ((numberAt(measured, 'seconds') ?? 0) * 1000) / yardstickCount
  t.comment(`per route: mirrorwaf ${oursMs.toFixed(1)} ms (checks included), client-go ${theirsMs.toFixed(1)} ms`)
  t.ok(oursMs < theirsMs)
})

t.test('and all taken back', async (t) => {
  const result = await kube.kube(['undo', '--namespace', 'mirror', '--in-namespaces', 'many'])
  t.match(result, { code: 0, stdout: /500 written, 1 removed/, stderr: '' })
})
