// Third-party packages: each engine behind one file, so that it can be replaced there; nothing undeclared.
import { packageOf, readImports } from './import-lines.js'
import type { SourceFile } from './source-files.js'

/** The one file of src that may import each package. */
export const packageHomes: Readonly<Record<string, string>> = {
  undici: 'parser/llhttp.ts',
  piscina: 'worker/pool.ts',
  '@datadog/native-appsec': 'engine/ddwaf.ts',
  pino: 'observe/log.ts',
  'prom-client': 'observe/metrics.ts',
  yaml: 'options/config-file.ts',
}

/** Packages that hold data and are resolved, not run: any file may name them. */
export const dataPackages: readonly string[] = ['dd-trace']

/**
 * Each import of a package that is not declared, or from elsewhere than its home.
 * @param declared - names of the packages that package.json lists as dependencies.
 */
export function findPackageViolations(files: readonly SourceFile[], declared: readonly string[]): readonly string[] {
  return files.flatMap((file) => {
    const named = new Set(readImports(file.text).flatMap((line) => packageOf(line) ?? []))
    return [...named].flatMap((name) => violationOf(file.path, name, declared) ?? [])
  })
}

function violationOf(path: string, name: string, declared: readonly string[]): string | undefined {
  if (!declared.includes(name)) return `${path} imports ${name}, which is no dependency`
  if (dataPackages.includes(name)) return undefined
  const home = Object.hasOwn(packageHomes, name) ? packageHomes[name] : undefined
  return home === path ? undefined : `${path} imports ${name}; only ${home ?? 'a file named in packageHomes'} may`
}
