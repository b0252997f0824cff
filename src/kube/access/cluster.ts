// Kubernetes' verbs on raw objects. Every write says who writes (field manager) and refuses unknown fields (strict).
import { MirrorwafError } from '../../errors.js'
import { type PatchOperation, toWireFormat } from '../json/json-patch.js'
import {
  isObject,
  type JsonObject,
  type JsonValue,
  numberAt,
  objectAt,
  objectsAt,
  stringAt,
} from '../json/json-value.js'
import { fieldManager } from '../names.js'
import type { ClusterConnection } from './kubeconfig.js'
import { type ApiRequest, type ApiResponse, describeRequest, Transport } from './transport.js'

/** A kind of object as one API version serves it. */
export interface Resource {
  /** Empty for the core group. */
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly kind: string
}

/** A list of objects and the moment it was true at, from which a watch goes on. */
export interface ObjectList {
  readonly items: JsonObject[]
  readonly resourceVersion: string
}

/** What became of a write. `conflict`: somebody else wrote in between. `gone`: the object is not there (any more). */
export type WriteOutcome =
  | { readonly kind: 'written'; readonly object: JsonObject; readonly warnings: readonly string[] }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'refused'; readonly error: MirrorwafError }

/** How a write is made. */
export interface WriteMode {
  /** The server checks everything and stores nothing. */
  readonly isDryRun: boolean
}

/** One line of a watch. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  /** The object; for `ERROR` a Status. */
  readonly object: JsonObject
}

export const serviceResource: Resource = { group: '', version: 'v1', plural: 'services', kind: 'Service' }
export const namespaceResource: Resource = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace' }

/** Objects in one page of a list; lists of thousands stay small in the server's memory. */
const pageSize = 500

/** A cluster as one user reaches it. All methods throw what `Transport.send` throws. */
export class Cluster {
  readonly connection: ClusterConnection
  readonly #transport: Transport

  constructor(connection: ClusterConnection, requestTimeoutMs: number) {
    this.connection = connection
    this.#transport = new Transport(connection, requestTimeoutMs)
  }

  close(): void {
    this.#transport.close()
  }

  /**
   * Any path of the API server.
   * @returns `undefined` when there is nothing (404).
   * @throws MirrorwafError `MWAF_KUBE_REFUSED`, `MWAF_KUBE_UNAUTHENTICATED`.
   */
  async getPath(path: string, query: ApiRequest['query'] = {}): Promise<JsonObject | undefined> {
    const request: ApiRequest = { method: 'GET', path, query }
    const response = await this.#transport.send(request)
    if (response.status === 404) return undefined
    return this.#objectOf(request, response)
  }

  /** One object, or `undefined` when it is not there. */
  get(resource: Resource, namespace: string | undefined, name: string): Promise<JsonObject | undefined> {
    return this.getPath(pathOf(resource, namespace, name))
  }

  /** All objects of a kind in a namespace, or everywhere for `undefined`. */
  async list(resource: Resource, namespace: string | undefined): Promise<ObjectList> {
    const path = pathOf(resource, namespace)
    const items: JsonObject[] = []
    for (let next = ''; ; ) {
      const page = await this.getPath(path, { limit: String(pageSize), continue: next === '' ? undefined : next })
      // A page that is not there is the absence of the CRD: nothing is listed.
      items.push(...objectsAt(page, 'items'))
      next = stringAt(page, 'metadata', 'continue') ?? ''
      if (next === '') return { items, resourceVersion: stringAt(page, 'metadata', 'resourceVersion') ?? '' }
    }
  }

  /**
   * Patches the object exactly as it was read: if anybody wrote since, the outcome is `conflict` and nothing happens.
   * @param object - as read; its resourceVersion goes along.
   */
  patch(
    resource: Resource,
    object: JsonObject,
    operations: readonly PatchOperation[],
    mode: WriteMode,
  ): Promise<WriteOutcome> {
    const resourceVersion = stringAt(object, 'metadata', 'resourceVersion') ?? ''
    const guard: PatchOperation = { op: 'replace', path: ['metadata', 'resourceVersion'], value: resourceVersion }
    return this.#write({
      method: 'PATCH',
      path: pathOfObject(resource, object),
      query: writeQuery(mode),
      body: toWireFormat([guard, ...operations]),
      contentType: 'application/json-patch+json',
    })
  }

  /** Server-side apply of an object that is mirrorwaf's own; fields that others took over are taken back. */
  apply(resource: Resource, manifest: JsonObject, mode: WriteMode): Promise<WriteOutcome> {
    return this.#write({
      method: 'PATCH',
      path: pathOfObject(resource, manifest),
      query: { ...writeQuery(mode), force: 'true' },
      body: manifest,
      contentType: 'application/apply-patch+yaml',
    })
  }

  /** Creates an object; `conflict` when it exists. */
  create(resource: Resource, manifest: JsonObject, mode: WriteMode): Promise<WriteOutcome> {
    const path = pathOf(resource, stringAt(manifest, 'metadata', 'namespace'))
    return this.#write({ method: 'POST', path, query: writeQuery(mode), body: manifest })
  }

  /** Replaces an object; its resourceVersion must be the one that was read. */
  replace(resource: Resource, manifest: JsonObject, mode: WriteMode): Promise<WriteOutcome> {
    return this.#write({
      method: 'PUT',
      path: pathOfObject(resource, manifest),
      query: writeQuery(mode),
      body: manifest,
    })
  }

  /** Deletes the object as it was read, not a successor of the same name. */
  remove(resource: Resource, object: JsonObject, mode: WriteMode): Promise<WriteOutcome> {
    const preconditions = {
      uid: stringAt(object, 'metadata', 'uid') ?? '',
      resourceVersion: stringAt(object, 'metadata', 'resourceVersion') ?? '',
    }
    return this.#write({
      method: 'DELETE',
      path: pathOfObject(resource, object),
      query: mode.isDryRun ? { dryRun: 'All' } : {},
      body: { apiVersion: 'v1', kind: 'DeleteOptions', preconditions },
    })
  }

  /** Asks the server a question that is posed by creating an object, like SelfSubjectAccessReview. */
  async review(path: string, question: JsonObject): Promise<JsonObject> {
    const request: ApiRequest = { method: 'POST', path, body: question }
    return this.#objectOf(request, await this.#transport.send(request))
  }

  /** Changes since a list, until the server ends the stream; bookmarks included. */
  async *watch(
    resource: Resource,
    namespace: string | undefined,
    resourceVersion: string,
    timing: { readonly serverTimeoutS: number; readonly signal: AbortSignal },
  ): AsyncGenerator<WatchEvent, void> {
    const request: ApiRequest = {
      method: 'GET',
      path: pathOf(resource, namespace),
      query: {
        watch: 'true',
        allowWatchBookmarks: 'true',
        resourceVersion,
        timeoutSeconds: String(timing.serverTimeoutS),
      },
    }
    const idleTimeoutMs = (timing.serverTimeoutS + watchGraceS) * 1000
    for await (const line of this.#transport.stream(request, idleTimeoutMs, timing.signal)) yield readWatchEvent(line)
  }

  async #write(request: ApiRequest): Promise<WriteOutcome> {
    const response = await this.#transport.send(request)
    if (response.status === 409) return { kind: 'conflict' }
    if (response.status === 404) return { kind: 'gone' }
    if (isSuccess(response) && isObject(response.body)) {
      return { kind: 'written', object: response.body, warnings: response.warnings }
    }
    return { kind: 'refused', error: this.#errorOf(request, response) }
  }

  #objectOf(request: ApiRequest, response: ApiResponse): JsonObject {
    if (!isSuccess(response)) throw this.#errorOf(request, response)
    if (isObject(response.body)) return response.body
    const details = { request: describeRequest(request), reason: 'no JSON object' }
    throw new MirrorwafError('MWAF_KUBE_RESPONSE', details)
  }

  #errorOf(request: ApiRequest, { status, body }: ApiResponse): MirrorwafError {
    const { server, contextName } = this.connection
    if (status === 401) {
      return new MirrorwafError('MWAF_KUBE_UNAUTHENTICATED', { server: server.origin, context: contextName })
    }
    const reason = stringAt(body, 'message') ?? 'it gives no reason'
    return new MirrorwafError('MWAF_KUBE_REFUSED', { request: describeRequest(request), status, reason })
  }
}

/** A watch is ended by the server after its time; this much later it must be a lost connection. */
const watchGraceS = 30

/** Where a resource, or one object of it, stands on the API server. */
export function pathOf({ group, version, plural }: Resource, namespace: string | undefined, name?: string): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`
  return `${root}${scope}/${plural}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`
}

function pathOfObject(resource: Resource, object: JsonObject): string {
  return pathOf(resource, stringAt(object, 'metadata', 'namespace'), stringAt(object, 'metadata', 'name') ?? '')
}

function writeQuery({ isDryRun }: WriteMode): Record<string, string> {
  return { fieldManager, fieldValidation: 'Strict', ...(isDryRun ? { dryRun: 'All' } : {}) }
}

function isSuccess({ status }: ApiResponse): boolean {
  return status >= 200 && status < 300
}

/** A Status instead of an event is how a watch is refused (410 Gone as the answer, not inside the stream). */
function readWatchEvent(line: JsonValue): WatchEvent {
  const types = ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR'] as const
  const type = types.find((known) => known === stringAt(line, 'type'))
  const object = objectAt(line, 'object')
  if (type !== undefined && object !== undefined) return { type, object }
  const code = numberAt(line, 'code') ?? 0
  return { type: 'ERROR', object: isObject(line) ? line : { code } }
}
