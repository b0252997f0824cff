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

/** A second file that may import a package, for another part of it. Give the reason. */
export const secondHomes: Readonly<Record<string, string>> = {
  // The receiver needs undici's parser and none of its client; the gateway is a client and has no business with the parser.
  undici: 'gateway/upstream.ts',
  // The receiver's metrics read shared memory in the reporting thread; the gateway is a process of one thread that counts itself.
  'prom-client': 'gateway/gateway-metrics.ts',
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
  const isSecondHome = Object.hasOwn(secondHomes, name) && secondHomes[name] === path
  return home === path || isSecondHome
    ? undefined
    : `${path} imports ${name}; only ${home ?? 'a file named in packageHomes'} may`
}
