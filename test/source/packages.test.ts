// Each third-party engine is imported by one file; each dependency is pinned and has its reason in the README.
import t from 'tap'
import { findUnexplained, findUnpinned } from './support/dependency-rule.js'
import { readPackageJson } from './support/package-json.js'
import { dataPackages, findPackageViolations, homesOf, packageHomes } from './support/package-rule.js'
import { readSourceFiles, readText } from './support/source-files.js'

const { dependencies, devDependencies } = readPackageJson()
const declared = Object.keys(dependencies)

t.test('each package is imported by the one file that may', async (t) => {
  t.strictSame(findPackageViolations(readSourceFiles('src'), declared), [])
})

t.test('each package that has a home is imported there', async (t) => {
  const sources = readSourceFiles('src')
  const isImported = (name: string): boolean =>
    homesOf(name).every((home) => sources.some(({ path, text }) => path === home && text.includes(`'${name}`)))
  t.strictSame(
    Object.keys(packageHomes).filter((name) => !isImported(name)),
    [],
  )
})

t.test('each dependency has a home or holds data', async (t) => {
  const known = [...Object.keys(packageHomes), ...dataPackages]
  t.strictSame(
    declared.filter((name) => !known.includes(name)),
    [],
  )
})

t.test('an engine imported elsewhere is found, by its types too', async (t) => {
  const files = [
    { path: 'worker/inspect.ts', text: "import type { DDWAF } from '@datadog/native-appsec'\n" },
    {
      path: 'listener/a.ts',
      text: "const { llhttp } = createRequire(import.meta.url)('undici/lib/llhttp/llhttp-wasm.js')\n",
    },
    { path: 'worker/pool.ts', text: "import { Piscina } from 'piscina'\n" },
  ]
  t.strictSame(findPackageViolations(files, declared), [
    'worker/inspect.ts imports @datadog/native-appsec; only engine/ddwaf.ts may',
    'listener/a.ts imports undici; only parser/llhttp.ts or gateway/upstream.ts or sinks/http-sink.ts or sinks/datadog/agent-client.ts may',
  ])
})

t.test('an undeclared package is found', async (t) => {
  const files = [{ path: 'request/a.ts', text: "import busboy from 'busboy'\n" }]
  t.strictSame(findPackageViolations(files, declared), ['request/a.ts imports busboy, which is no dependency'])
})

t.test('every dependency is pinned to one version', async (t) => {
  t.strictSame(findUnpinned({ ...dependencies, ...devDependencies }), [])
})

t.test('a range, a tag and an address are not pins', async (t) => {
  const versions = { a: '^1.0.0', b: '1.x', c: 'latest', d: 'git+ssh://host/d.git', e: '1.0.0', f: '2.0.0-rc.1' }
  t.strictSame(findUnpinned(versions), ['a', 'b', 'c', 'd'])
})

t.test('every dependency has its reason in the README', async (t) => {
  t.strictSame(findUnexplained(readText('README.md'), Object.keys({ ...dependencies, ...devDependencies })), [])
})

t.test('a dependency without a reason, and a reason without a dependency, are found', async (t) => {
  const readme =
    '# x\n\n## Dependencies\n\n- `a`: needed for a\n- `gone`: was needed\n- `c`:\n\n## Next\n- `b`: elsewhere\n'
  t.strictSame(findUnexplained(readme, ['a', 'b', 'c']), ['b', 'c', 'gone'])
})
