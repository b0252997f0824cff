// A real Kubernetes API server for one test file (test/kube/apiserver), kube commands run against it in this process,
// and what its audit log says about them.
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Cluster, namespaceResource, pathOf, type Resource, serviceResource } from '#src/kube/access/cluster.js'
import { type ClusterConnection, connect } from '#src/kube/access/kubeconfig.js'
import {
  isObject,
  type JsonObject,
  numberAt,
  objectAt,
  parseJson,
  stringAt,
  valueAt,
} from '#src/kube/json/json-value.js'
import { type CommandResult, type CommandSettings, runCommand } from '../../kube-plans/support/run-command.js'

/** Releases of the Gateway API whose CRDs the fixture has, oldest first. */
export const gatewayApiReleases = ['v1.2.1', 'v1.4.1', 'v1.6.3'] as const
export type GatewayApiRelease = (typeof gatewayApiReleases)[number]
export const newestRelease: GatewayApiRelease = 'v1.6.3'

export const httpRoutes: Resource = gatewayResource('httproutes', 'HTTPRoute')
export const grpcRoutes: Resource = gatewayResource('grpcroutes', 'GRPCRoute')
export const gateways: Resource = gatewayResource('gateways', 'Gateway')
/** All releases serve v1beta1. */
export const grants: Resource = { ...gatewayResource('referencegrants', 'ReferenceGrant'), version: 'v1beta1' }

/** How a command is run; by default as admin. */
export interface ClusterCommandSettings extends CommandSettings {
  readonly kubeconfig?: string
  readonly user?: 'admin' | 'limited'
}

/** One request as the API server saw it; only those for Gateway API objects are logged. */
export interface AuditedRequest {
  readonly verb: string
  readonly user: string
  readonly userAgent: string
  readonly path: string
  readonly query: URLSearchParams
  readonly body: JsonObject
  readonly status: number
}

const script = fileURLToPath(new URL('../../../../test/kube/apiserver', import.meta.url))
const run = promisify(execFile)

/** A running API server. */
export class KubeFixture {
  readonly #runFolder: string
  readonly #environment: Readonly<Record<string, string | undefined>>
  readonly kubeconfig: string
  /** Rights of everything; for setting scenes up and for looking at what came of them. */
  readonly admin: Cluster
  readonly connection: ClusterConnection

  private constructor(
    runFolder: string,
    environment: Record<string, string | undefined>,
    connection: ClusterConnection,
  ) {
    this.#runFolder = runFolder
    this.#environment = environment
    this.kubeconfig = join(runFolder, 'admin.kubeconfig')
    this.connection = connection
    this.admin = new Cluster(connection, 30_000)
  }

  /** Starts a server of its own; the first start on a machine compiles it, which takes minutes. */
  static async start(release: GatewayApiRelease = newestRelease): Promise<KubeFixture> {
    const { MIRRORWAF_KUBE_CACHE, XDG_CACHE_HOME = join(homedir(), '.cache') } = process.env
    const cache = MIRRORWAF_KUBE_CACHE ?? join(XDG_CACHE_HOME, 'mirrorwaf-kube')
    const runFolder = join(cache, `e2e-${release}-${randomUUID().slice(0, 8)}`)
    const environment = {
      ...process.env,
      MIRRORWAF_KUBE_RUN: runFolder,
      // A test run that dies must not leave a server behind for hours.
      MIRRORWAF_KUBE_TTL: '1200',
      GATEWAY_API_VERSION: release,
    }
    await run(script, ['start'], { env: environment })
    const connection = await connect({ kubeconfig: join(runFolder, 'admin.kubeconfig'), context: '' }, {})
    return new KubeFixture(runFolder, environment, connection)
  }

  async stop(): Promise<void> {
    this.admin.close()
    await run(script, ['stop'], { env: { ...this.#environment } })
    await rm(this.#runFolder, { recursive: true, force: true })
    await rm(`${this.#runFolder}.lock`, { force: true })
  }

  kubeconfigOf(user: 'admin' | 'limited'): string {
    return join(this.#runFolder, `${user}.kubeconfig`)
  }

  /** Creates objects; a namespace, Service or route in few words is made by the functions below. */
  async create(...objects: readonly JsonObject[]): Promise<void> {
    for (const object of objects) {
      const outcome = await this.admin.create(resourceOf(object), object, { isDryRun: false })
      if (outcome.kind === 'refused') throw outcome.error
      if (outcome.kind !== 'written') throw new Error(`${outcome.kind}: ${JSON.stringify(object)}`)
    }
  }

  /**
   * Has the server check an object without storing it.
   * @param defaultNamespace - of objects that do not say theirs and are not of the cluster as a whole.
   * @returns what is wrong: the refusal, or warnings.
   */
  async dryRun(object: JsonObject, defaultNamespace: string): Promise<readonly string[]> {
    const isClusterWide = ['Namespace', 'ClusterRole', 'ClusterRoleBinding'].includes(stringAt(object, 'kind') ?? '')
    const metadata = { ...(isClusterWide ? {} : { namespace: defaultNamespace }), ...objectAt(object, 'metadata') }
    const outcome = await this.admin.apply(resourceOf(object), { ...object, metadata }, { isDryRun: true })
    if (outcome.kind === 'written') return outcome.warnings
    return [outcome.kind === 'refused' ? outcome.error.message : outcome.kind]
  }

  /** Puts an object in the place of the one that is there. */
  async replaceObject(object: JsonObject): Promise<void> {
    const outcome = await this.admin.replace(resourceOf(object), object, { isDryRun: false })
    if (outcome.kind === 'refused') throw outcome.error
  }

  async delete(object: JsonObject): Promise<void> {
    const resource = resourceOf(object)
    const [inNamespace, name] = [stringAt(object, 'metadata', 'namespace'), stringAt(object, 'metadata', 'name') ?? '']
    await this.admin.remove(resource, await this.read(resource, inNamespace, name), { isDryRun: false })
  }

  /** An object as it is now. */
  async read(resource: Resource, namespace: string | undefined, name: string): Promise<JsonObject> {
    const object = await this.admin.get(resource, namespace, name)
    if (object === undefined) throw new Error(`there is no ${resource.kind} ${namespace}/${name}`)
    return object
  }

  /** Changes an object as somebody else would, in one go: `edit` gets the object and returns the new one. */
  async edit(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    edit: (object: JsonObject) => JsonObject,
  ): Promise<void> {
    const object = edit(await this.read(resource, namespace, name))
    const path = new URL(pathOf(resource, namespace, name), this.connection.server)
    path.searchParams.set('fieldManager', 'argocd-controller')
    const authorized = await this.connection.authorize()
    const headers = { ...authorized.headers, 'content-type': 'application/json', 'user-agent': 'argocd' }
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const request = requestHttps(path, { ...authorized, method: 'PUT', headers }, (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode))
      })
      request.on('error', reject)
      request.end(JSON.stringify(object))
    })
    if (status !== 200) throw new Error(`the edit of ${resource.kind} ${namespace}/${name} ended with status ${status}`)
  }

  async remove(resource: Resource, namespace: string, name: string): Promise<void> {
    await this.admin.remove(resource, await this.read(resource, namespace, name), { isDryRun: false })
  }

  /** Runs `mirrorwaf kube ...` in this process. */
  async kube(argv: readonly string[], settings: ClusterCommandSettings = {}): Promise<CommandResult> {
    const kubeconfig = settings.kubeconfig ?? this.kubeconfigOf(settings.user ?? 'admin')
    return runCommand(argv, { ...settings, env: { KUBECONFIG: kubeconfig, ...settings.env } })
  }

  /** The requests that the server saw since `mark` lines of its log; see `auditMark`. */
  async audit(mark = 0): Promise<AuditedRequest[]> {
    const lines = (await readFile(join(this.#runFolder, 'audit.log'), 'utf8')).split('\n').slice(mark)
    return lines.filter((line) => line !== '').map(readAuditLine)
  }

  /** How long the audit log is now. */
  async auditMark(): Promise<number> {
    return (await readFile(join(this.#runFolder, 'audit.log'), 'utf8')).split('\n').length - 1
  }

  /** Puts a proxy before the server, to meddle with single requests; returns a kubeconfig that leads through it. */
  async interpose(meddle: Meddler, user: 'admin' | 'limited' = 'admin'): Promise<Interposer> {
    const connection = await connect({ kubeconfig: this.kubeconfigOf(user), context: '' }, {})
    const server = createServer((request, response) => {
      forward(connection, request, response, meddle).catch((error: unknown) => response.destroy(asError(error)))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = portOf(server)
    const kubeconfig = join(this.#runFolder, `interposed-${port}.kubeconfig`)
    await writeFile(kubeconfig, interposedConfig(port))
    return {
      kubeconfig,
      close: async () => {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      },
    }
  }
}

/** Called for each request before it goes on; may wait, or answer itself (then returns true). */
export type Meddler = (request: IncomingMessage, response: ServerResponse, path: URL) => Promise<boolean>

/** A proxy before the server. */
export interface Interposer {
  readonly kubeconfig: string
  close(): Promise<void>
}

export function namespace(name: string, labels: JsonObject = {}): JsonObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }
}

/** The Service that copies go to. */
export function mirrorService(inNamespace: string, name = 'request-mirror', port = 8080): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: inNamespace, name },
    spec: { selector: { app: 'mirrorwaf' }, ports: [{ name: 'http', port }] },
  }
}

export function httpRoute(
  inNamespace: string,
  name: string,
  rules: readonly JsonObject[],
  metadata: JsonObject = {},
): JsonObject {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { namespace: inNamespace, name, ...metadata },
    spec: { parentRefs: [{ name: 'gw' }], rules: [...rules] },
  }
}

export function grpcRoute(inNamespace: string, name: string, rules: readonly JsonObject[]): JsonObject {
  return { ...httpRoute(inNamespace, name, rules), kind: 'GRPCRoute' }
}

/** A rule for a path, to the backend `foo`. */
export function pathRule(path: string, more: JsonObject = {}): JsonObject {
  return { matches: [{ path: { type: 'PathPrefix', value: path } }], backendRefs: [{ name: 'foo', port: 80 }], ...more }
}

/** A RequestMirror filter as the server stores it. */
export function storedMirror(inNamespace: string, more: JsonObject = {}, port = 8080): JsonObject {
  const backendRef = { group: '', kind: 'Service', name: 'request-mirror', namespace: inNamespace, port }
  return { type: 'RequestMirror', requestMirror: { backendRef, ...more } }
}

function gatewayResource(plural: string, kind: string): Resource {
  return { group: 'gateway.networking.k8s.io', version: 'v1', plural, kind }
}

function resourceOf(object: JsonObject): Resource {
  const known = [namespaceResource, serviceResource, httpRoutes, grpcRoutes, gateways, grants]
  const kind = stringAt(object, 'kind')
  const found = known.find((resource) => resource.kind === kind)
  if (found !== undefined) return found
  const [group = '', version = group] = (stringAt(object, 'apiVersion') ?? '').split('/')
  const isCore = group === version
  return { group: isCore ? '' : group, version, plural: pluralOf(kind ?? ''), kind: kind ?? '' }
}

function pluralOf(kind: string): string {
  const word = kind.toLowerCase()
  return word.endsWith('y') ? `${word.slice(0, -1)}ies` : `${word}s`
}

function readAuditLine(line: string): AuditedRequest {
  const entry = parseJson(line)
  const url = new URL(stringAt(entry, 'requestURI') ?? '/', 'http://localhost')
  const body = valueAt(entry, 'requestObject')
  return {
    verb: stringAt(entry, 'verb') ?? '',
    user: stringAt(entry, 'user', 'username') ?? '',
    userAgent: stringAt(entry, 'userAgent') ?? '',
    path: url.pathname,
    query: url.searchParams,
    body: isObject(body) ? body : { list: body },
    status: numberAt(entry, 'responseStatus', 'code') ?? 0,
  }
}

async function forward(
  connection: ClusterConnection,
  request: IncomingMessage,
  response: ServerResponse,
  meddle: Meddler,
): Promise<void> {
  const path = new URL(request.url ?? '/', connection.server)
  if (await meddle(request, response, path)) return
  const authorized = await connection.authorize()
  const headers = { ...request.headers, ...authorized.headers, host: connection.server.host }
  const upstream = requestHttps(path, { ...authorized, method: request.method ?? 'GET', headers })
  response.once('close', () => upstream.destroy())
  upstream.on('error', (error) => response.destroy(error))
  upstream.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
    answer.on('error', (error) => response.destroy(error))
  })
  request.pipe(upstream)
}

function interposedConfig(port: number): string {
  return `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "http://127.0.0.1:${port}", insecure-skip-tls-verify: true}}]
users: [{name: u, user: {}}]
contexts: [{name: x, context: {cluster: c, user: u, namespace: default}}]
current-context: x
`
}

function portOf(server: Server): AddressInfo {
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('the proxy is not listening')
  return bound
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
