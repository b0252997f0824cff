import t from 'tap'
import { packageOf, readImports, resolveImport } from './support/import-lines.js'

t.test('types, values and mixed imports are told apart', async (t) => {
  const text = [
    "import type { A } from './a.js'",
    "import { type B, type C } from './b.js'",
    "import { type D, e } from './d.js'",
    "import {\n  type F,\n  type G,\n} from './f.js'",
    "import * as all from 'all'",
    "export type { H } from './h.js'",
    "export * from './i.js'",
  ].join('\n')
  t.strictSame(
    readImports(text).map(({ specifier, isTypeOnly }) => `${isTypeOnly ? 'type' : 'value'} ${specifier}`),
    ['type ./a.js', 'type ./b.js', 'value ./d.js', 'type ./f.js', 'value all', 'type ./h.js', 'value ./i.js'],
  )
})

t.test('modules that are loaded without an import line are found', async (t) => {
  const text = [
    "import 'side-effect'",
    "const a = await import('dynamic')",
    "const b = createRequire(import.meta.url)('required/deep.js')",
    "const c = createRequire(import.meta.url).resolve('resolved/package.json')",
    "const d = require.resolve('other')",
  ].join('\n')
  const specifiers = readImports(text).map(({ specifier }) => specifier)
  t.strictSame(
    readImports(text).flatMap(({ specifier, isLazy }) => (isLazy ? specifier : [])),
    ['dynamic'],
  )
  t.strictSame(specifiers, ['side-effect', 'dynamic', 'required/deep.js', 'resolved/package.json', 'other'])
})

t.test('what only looks like an import is none', async (t) => {
  const text = "export const from = 1\n// import { a } from 'b'\nexport interface A { readonly from: 'c' }\n"
  t.strictSame(readImports(text), [])
})

t.test('an import leads to a file or a package', async (t) => {
  const file = { path: 'parser/spans.ts', text: '' }
  const line = (specifier: string) => ({ specifier, isTypeOnly: false, isLazy: false })
  t.equal(resolveImport(file, line('../batch/slab.js')), 'batch/slab.ts')
  t.equal(resolveImport(file, line('./limits.js')), 'parser/limits.ts')
  t.equal(resolveImport(file, line('piscina')), undefined)
  t.equal(packageOf(line('@datadog/native-appsec/x')), '@datadog/native-appsec')
  t.equal(packageOf(line('undici/lib/llhttp')), 'undici')
  t.equal(packageOf(line('node:net')), undefined)
  t.equal(packageOf(line('./a.js')), undefined)
})
