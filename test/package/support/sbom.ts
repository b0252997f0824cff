// The software bill of materials that `npm run sbom` writes (CycloneDX), as far as the tests read it.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { readText } from '../../source/support/source-files.js'

/** One package that is installed at run time, on some platform. */
export interface Component {
  readonly name: string
  readonly version: string
  /** An SPDX id or expression; empty when its package says none. */
  readonly licence: string
}

interface Licence {
  readonly license?: { readonly id?: string; readonly name?: string }
  readonly expression?: string
}

/** The parts of package.json and its lock file that say what is installed. */
interface Manifest {
  readonly devDependencies?: unknown
}
interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean } & Manifest>>
}

/**
 * Has npm write the bill (CycloneDX) of what is installed at run time, on any platform: from the lock file alone, the same on
 * every machine. npm's own `--omit dev` also leaves out run-time packages that a development tool needs too (seen with npm
 * 11.19: `yaml`), so it is given a lock file without the development tools instead.
 */
export function createSbom(): string {
  const folder = mkdtempSync(`${tmpdir()}/mirrorwaf-sbom-`)
  try {
    const manifest: Manifest = JSON.parse(readText('package.json'))
    const lock: Lock = JSON.parse(readText('package-lock.json'))
    const kept = Object.entries(lock.packages).filter(([, { dev }]) => dev !== true)
    const packages = Object.fromEntries(kept.map(([path, entry]) => [path, path === '' ? withoutTools(entry) : entry]))
    writeFileSync(`${folder}/package.json`, JSON.stringify(withoutTools(manifest)))
    writeFileSync(`${folder}/package-lock.json`, JSON.stringify({ ...lock, packages }))
    const args = ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx']
    return execFileSync('npm', args, { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** What `createSbom` lists, as the tests look at it. */
export function readComponents(sbom: string = createSbom()): readonly Component[] {
  const { components }: { components: { name: string; version: string; licenses?: readonly Licence[] }[] } =
    JSON.parse(sbom)
  return components.map(({ name, version, licenses = [] }) => ({
    name,
    version,
    licence: licenses
      .map(({ license, expression }) => expression ?? license?.id ?? license?.name ?? '')
      .join(' AND ')
      .replace(/^\((.*)\)$/, '$1'),
  }))
}

function withoutTools<Entry extends Manifest>({ devDependencies: _, ...rest }: Entry): Omit<Entry, 'devDependencies'> {
  return rest
}
