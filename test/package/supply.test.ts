// What is shipped, and what comes with it.
import { execFileSync } from 'node:child_process'
import t from 'tap'
import { readPackageJson } from '../source/support/package-json.js'
import { readText, repositoryRoot } from '../source/support/source-files.js'
import { isAllowed, licenceFile, renderLicences } from './support/licence-table.js'
import { readComponents } from './support/sbom.js'

t.test('every package that is installed at run time has a permissive licence, and the table says which', async (t) => {
  const components = readComponents()
  const names = new Set(components.map(({ name }) => name))
  for (const name of Object.keys(readPackageJson().dependencies)) t.ok(names.has(name), `${name} is in the bill`)
  t.strictSame(
    components.filter(({ licence }) => !isAllowed(licence)),
    [],
  )
  t.equal(readText(licenceFile), renderLicences(components), '`npm run docs` writes it')
})

t.test('a licence that asks for more is refused, a choice is taken', async (t) => {
  for (const licence of ['', 'GPL-3.0-only', 'SSPL-1.0', 'MIT AND GPL-2.0-only', 'UNLICENSED']) {
    t.notOk(isAllowed(licence), licence)
  }
  for (const licence of ['MIT', 'GPL-2.0-only OR MIT', 'Apache-2.0 AND ISC']) t.ok(isAllowed(licence), licence)
})

t.test('the package is under 1 MB and holds what is built, its types and its papers, and nothing else', async (t) => {
  const [packed]: [{ size: number; files: { path: string }[] }] = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: repositoryRoot,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    }),
  )
  t.comment(`${packed.size} bytes packed, ${packed.files.length} files`)
  t.ok(packed.size < 1_000_000, `${packed.size} bytes`)
  const paths = packed.files.map(({ path }) => path)
  t.ok(paths.includes('dist/main.js'))
  t.strictSame(
    paths.filter((path) => !/^(dist\/.*\.(js|d\.ts|json)|CHANGELOG\.md|README\.md|LICENSE|package\.json)$/.test(path)),
    [],
  )
})
