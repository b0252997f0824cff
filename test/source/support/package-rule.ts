// Third-party packages: each engine behind one file, so that it can be replaced there; nothing undeclared.
import { packageOf, readImports } from './import-lines.js'
import type { SourceFile } from './source-files.js'

/** The files of src that may import each package: one, or a list with its reason. */
export const packageHomes: Readonly<Record<string, string | readonly string[]>> = {
  '@platformatic/kafka': 'sinks/kafka-sink.ts',
  // Logs are a sink's, metrics are read where they are kept: two signals of one protocol.
  '@opentelemetry/api': ['sinks/otlp-record.ts', 'observe/otlp-metrics.ts'],
  '@opentelemetry/exporter-logs-otlp-proto': 'sinks/otlp-sink.ts',
  '@opentelemetry/exporter-metrics-otlp-proto': 'observe/otlp-metrics.ts',
  '@opentelemetry/resources': ['sinks/otlp-sink.ts', 'observe/otlp-metrics.ts'],
  '@opentelemetry/sdk-logs': 'sinks/otlp-sink.ts',
  '@opentelemetry/sdk-metrics': 'observe/otlp-metrics.ts',
  '@msgpack/msgpack': 'sinks/datadog/encode-traces.ts',
  '@kubernetes/client-node': 'kube/access/kubeconfig.ts',
  diff: 'kube/report/yaml-diff.ts',
  // The receiver needs undici's parser and none of its client; the gateway is a client and has no business with the parser.
  // A sink that posts is a client too.
  undici: ['parser/llhttp.ts', 'gateway/upstream.ts', 'sinks/http-sink.ts', 'sinks/datadog/agent-client.ts'],
  piscina: 'worker/pool.ts',
  '@datadog/native-appsec': 'engine/ddwaf.ts',
  pino: 'observe/log.ts',
  // The receiver's metrics read shared memory in the reporting thread; the gateway is a process of one thread that counts itself.
  'prom-client': ['observe/metrics.ts', 'gateway/gateway-metrics.ts'],
  // The page's server hands the file out to browsers; the declaration gives the page its types.
  uplot: ['ui/assets.ts', 'ui/page/vendor/uplot.d.ts'],
  // One reads our configuration to plain values, one edits manifests as documents, one reads gateways' configurations of
  // several documents: they share no call.
  yaml: ['options/config-file.ts', 'kube/manifest/manifest-text.ts', 'doctor/config/check-configs.ts'],
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

/** The files that may import a package. */
export function homesOf(name: string): readonly string[] {
  return Object.hasOwn(packageHomes, name) ? [packageHomes[name] ?? []].flat() : []
}

function violationOf(path: string, name: string, declared: readonly string[]): string | undefined {
  if (!declared.includes(name)) return `${path} imports ${name}, which is no dependency`
  if (dataPackages.includes(name)) return undefined
  const homes = homesOf(name)
  if (homes.includes(path)) return undefined
  return `${path} imports ${name}; only ${homes.join(' or ') || 'a file named in packageHomes'} may`
}
