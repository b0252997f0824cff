// Where things are. Compiled, this file stands four folders below the root: build/test/e2e/support.
import { mkdtempSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { resolve } from 'node:path'
import type { Test } from 'tap'

/** The folder that holds package.json. */
export const repositoryRoot: string = resolve(import.meta.dirname, '../../../..')

const { XDG_CACHE_HOME = `${homedir()}/.cache` } = process.env

/** Where `.ci/install-gateways` puts what it fetches; outside the repository, where no tool walks over it. */
export const cacheFolder: string = `${XDG_CACHE_HOME}/mirrorwaf`

/** An empty folder that goes away with the test. */
export function temporaryFolder(t: Test): string {
  const folder = mkdtempSync(`${tmpdir()}/mirrorwaf-e2e-`)
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
