// Programs that the tests need but npm does not bring. A missing one is a failure: a test that skips itself in silence
// has not run for months before anyone sees it.
import { accessSync, constants } from 'node:fs'
import { delimiter } from 'node:path'
import { cacheFolder } from './repository.js'

export type ProgramName = 'nginx' | 'envoy' | 'haproxy' | 'traefik' | 'egctl' | 'go' | 'h2load' | 'java' | 'chromium'

interface ProgramFacts {
  /** Folders searched after PATH. */
  readonly folders: readonly string[]
  readonly install: string
}

const programs: Readonly<Record<ProgramName, ProgramFacts>> = {
  nginx: { folders: ['/usr/sbin', '/usr/local/sbin'], install: '.ci/install-gateways' },
  envoy: { folders: [`${cacheFolder}/bin`], install: '.ci/install-gateways' },
  chromium: { folders: [], install: '.ci/install-chromium' },
  java: { folders: [], install: 'install Java 17 or later and Maven, then .ci/install-kafka' },
  h2load: { folders: ['/usr/bin'], install: '.ci/install-gateways' },
  haproxy: { folders: ['/usr/sbin', '/usr/local/sbin'], install: '.ci/install-gateways' },
  traefik: { folders: [`${cacheFolder}/bin`], install: '.ci/build-traefik (needs Go, takes minutes)' },
  egctl: { folders: [`${cacheFolder}/bin`], install: '.ci/build-egctl (needs Go, takes minutes)' },
  go: { folders: ['/usr/local/go/bin'], install: 'install Go 1.25 or later' },
}

export interface FoundProgram {
  /** What to run; empty if `skip` says why not. */
  readonly path: string
  /** Why the tests that need it are left out on purpose, or `false`: goes into tap's options as it is. */
  readonly skip: string | false
}

/**
 * Finds a program on PATH or where the install script puts it.
 * @throws Error naming the install command, unless `MIRRORWAF_E2E_SKIP` names the program.
 */
export function findProgram(name: ProgramName): FoundProgram {
  const { MIRRORWAF_E2E_SKIP = '', PATH = '' } = process.env
  if (MIRRORWAF_E2E_SKIP.split(',').includes(name)) return { path: '', skip: `MIRRORWAF_E2E_SKIP names ${name}` }
  const { folders, install } = programs[name]
  const searched = [...PATH.split(delimiter), ...folders]
  const path = searched.map((folder) => `${folder}/${name}`).find(isExecutable)
  if (path !== undefined) return { path, skip: false }
  throw new Error(
    `${name} is not on this machine. Install it: ${install}. To leave its tests out on purpose: MIRRORWAF_E2E_SKIP=${name}`,
  )
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
