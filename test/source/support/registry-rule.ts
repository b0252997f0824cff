// Package registries are settings of whoever installs: their hosts stand in no file here.
import type { SourceFile } from './source-files.js'

/** In pieces, so that this file does not hold them either. */
const registryHosts: readonly string[] = [
  ['registry', 'npmjs', 'org'],
  ['registry', 'yarnpkg', 'com'],
  ['pypi', 'org'],
  ['pythonhosted', 'org'],
  ['proxy', 'golang', 'org'],
  ['sum', 'golang', 'org'],
  ['deb', 'debian', 'org'],
  ['security', 'debian', 'org'],
  ['crates', 'io'],
  ['repo', 'maven', 'apache', 'org'],
  ['docker', 'io'],
].map((labels) => labels.join('.'))

/** Each file that names a registry's host, with the host. */
export function findRegistryNames(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap(({ path, text }) =>
    registryHosts.filter((host) => text.includes(host)).map((host) => `${path} names ${host}`),
  )
}
