// Which cluster, and as whom: kubeconfig files and contexts, or the service account of a pod.
// The sole import of @kubernetes/client-node, for kubeconfigs and credentials (exec plugins, OIDC, token files, proxies).
// Its generated clients are not used: they decode objects into types, and open a connection for every request.
import { existsSync } from 'node:fs'
import type { RequestOptions } from 'node:https'
import { delimiter, join } from 'node:path'
import type { Cluster, Context, KubeConfig, User } from '@kubernetes/client-node'
import { MirrorwafError, reasonOf } from '../../errors.js'

/** A cluster as one user reaches it. */
export interface ClusterConnection {
  readonly server: URL
  readonly contextName: string
  /** Of the context; `default` where it has none, as for kubectl. */
  readonly namespace: string
  /** Whether requests must go through the agent that `authorize` gives, which knows the proxy. */
  readonly usesProxy: boolean
  /** Headers and TLS material for one request; renews tokens that are about to expire. */
  authorize(): Promise<RequestOptions>
}

/** What the operator gave: empty texts for "not given". */
export interface ClusterChoice {
  /** One path, or several with the system's separator. */
  readonly kubeconfig: string
  readonly context: string
}

/** The environment variables that matter here. */
export type KubeEnvironment = Readonly<Record<string, string | undefined>>

/**
 * Finds the cluster: --kubeconfig, then KUBECONFIG, then ~/.kube/config, then the pod's service account.
 * @param root - where the file system of the pod begins; tests give a folder.
 * @throws MirrorwafError `MWAF_KUBE_CONFIG`, `MWAF_KUBE_NO_CONTEXT`.
 */
export async function connect(
  choice: ClusterChoice,
  environment: KubeEnvironment,
  root = '',
): Promise<ClusterConnection> {
  const { KubeConfig } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  const files = findFiles(choice, environment)
  if (files.length > 0) config.loadFromOptions(mergeFiles(files, KubeConfig))
  else if (isInPod(environment, root)) config.loadFromCluster(root)
  else throw noContext('there is no kubeconfig')
  return selectContext(config, choice.context)
}

type KubeConfigClass = new () => KubeConfig

interface MergedConfig {
  readonly clusters: Cluster[]
  readonly users: User[]
  readonly contexts: Context[]
  readonly currentContext: string | undefined
}

function findFiles(choice: ClusterChoice, { KUBECONFIG, HOME }: KubeEnvironment): string[] {
  const given = choice.kubeconfig === '' ? KUBECONFIG : choice.kubeconfig
  const listed = (given ?? '').split(delimiter).filter((path) => path !== '')
  if (listed.length > 0) {
    // As for kubectl: of a list, files that do not exist are passed over; a single one must exist.
    const existing = listed.filter((path) => existsSync(path))
    if (existing.length > 0) return existing
    throw new MirrorwafError('MWAF_KUBE_CONFIG', { path: listed.join(', '), reason: 'no such file' })
  }
  const standard = HOME === undefined ? undefined : join(HOME, '.kube', 'config')
  return standard !== undefined && existsSync(standard) ? [standard] : []
}

/** As for kubectl, the first file that has a name decides it; client-node's own merge refuses a name that comes twice. */
function mergeFiles(files: readonly string[], Loader: KubeConfigClass): MergedConfig {
  const loaded = files.map((path) => loadFile(path, Loader))
  return {
    clusters: firstOfEachName(loaded.flatMap(({ clusters }) => clusters)),
    users: firstOfEachName(loaded.flatMap(({ users }) => users)),
    contexts: firstOfEachName(loaded.flatMap(({ contexts }) => contexts)),
    currentContext: loaded.map(({ currentContext }) => currentContext).find((name) => name),
  }
}

function loadFile(path: string, Loader: KubeConfigClass): KubeConfig {
  const config = new Loader()
  try {
    config.loadFromFile(path)
  } catch (error) {
    throw new MirrorwafError('MWAF_KUBE_CONFIG', { path, reason: reasonOf(error) }, error)
  }
  return config
}

function firstOfEachName<T extends { readonly name: string }>(items: readonly T[]): T[] {
  const byName = new Map<string, T>()
  for (const item of items) if (!byName.has(item.name)) byName.set(item.name, item)
  return [...byName.values()]
}

const serviceAccountToken = '/var/run/secrets/kubernetes.io/serviceaccount/token'

function isInPod({ KUBERNETES_SERVICE_HOST }: KubeEnvironment, root: string): boolean {
  return KUBERNETES_SERVICE_HOST !== undefined && existsSync(`${root}${serviceAccountToken}`)
}

function selectContext(config: KubeConfig, wanted: string): ClusterConnection {
  if (wanted !== '') config.setCurrentContext(wanted)
  const contextName = config.getCurrentContext()
  const known = config.getContexts().map(({ name }) => name)
  const has = known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`
  if (!contextName) throw noContext(`the kubeconfig says no current-context (${has})`)
  const context = config.getContextObject(contextName)
  if (context === null) throw noContext(`the kubeconfig has no context ${contextName} (${has})`)
  const cluster = config.getCurrentCluster()
  if (cluster === null)
    throw noContext(`context ${contextName} names the cluster ${context.cluster}, which is not there`)
  if (config.getCurrentUser() === null) {
    throw noContext(`context ${contextName} names the user ${context.user}, which is not there`)
  }
  return {
    server: readServer(cluster, contextName),
    contextName,
    namespace: context.namespace || 'default',
    usesProxy: cluster.proxyUrl !== undefined && cluster.proxyUrl !== '',
    authorize: () => authorize(config, contextName),
  }
}

function readServer(cluster: Cluster, contextName: string): URL {
  const url = URL.parse(cluster.server.endsWith('/') ? cluster.server : `${cluster.server}/`)
  if (url === null) throw noContext(`context ${contextName} has the server address ${cluster.server}, which is no URL`)
  return url
}

async function authorize(config: KubeConfig, contextName: string): Promise<RequestOptions> {
  const options: RequestOptions = {}
  try {
    await config.applyToHTTPSOptions(options)
  } catch (error) {
    throw noContext(`the credentials of context ${contextName} cannot be used: ${reasonOf(error)}`, error)
  }
  return options
}

function noContext(reason: string, cause?: unknown): MirrorwafError {
  return new MirrorwafError('MWAF_KUBE_NO_CONTEXT', { reason }, cause)
}
