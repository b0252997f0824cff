// The version of this package, read from its package.json so that it stands in one place only.
import { readFileSync } from 'node:fs'
import { recordOf, textOf } from './json-shape.js'

/** Version of mirrorwaf, e.g. `0.1.0`. */
export function packageVersion(): string {
  const { version } = recordOf(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')))
  return textOf(version, 'unknown')
}
