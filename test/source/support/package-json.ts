// package.json, as far as the tests of the source read it.
import { readText } from './source-files.js'

export interface PackageJson {
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

export function readPackageJson(): PackageJson {
  return JSON.parse(readText('package.json'))
}
