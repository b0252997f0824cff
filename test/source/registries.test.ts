import t from 'tap'
import { findRegistryNames } from './support/registry-rule.js'
import { readTrackedFiles } from './support/source-files.js'

t.test('no tracked file names a package registry', async (t) => {
  const files = readTrackedFiles()
  t.ok(files.length > 50, 'the repository was read')
  t.strictSame(findRegistryNames(files), [])
})

t.test('an address of a registry is found', async (t) => {
  const host = ['registry', 'npmjs', 'org'].join('.')
  const files = [{ path: 'package-lock.json', text: `"resolved": "https://${host}/tap/-/tap-1.tgz"` }]
  t.strictSame(findRegistryNames(files), [`package-lock.json names ${host}`])
})
