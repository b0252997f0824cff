// A mirror, a namespace with routes and the flags that mean them: apart from all other tests of the same server.
import { arrayAt, type JsonObject, type JsonValue } from '#src/kube/json/json-value.js'
import { httpRoute, httpRoutes, type KubeFixture, mirrorService, namespace } from './kube-fixture.js'

/** Name, rules and metadata of a route. */
export type SceneRoute = readonly [name: string, rules: readonly JsonObject[], metadata?: JsonObject]

export interface Scene {
  /** The namespace of the mirror; the routes are in the namespace called like the scene. */
  readonly mirror: string
  /** Command lines. */
  readonly patch: readonly string[]
  readonly undo: readonly string[]
}

export async function setScene(kube: KubeFixture, name: string, ...routes: readonly SceneRoute[]): Promise<Scene> {
  const mirror = `${name}-mirror`
  await kube.create(namespace(mirror), namespace(name), mirrorService(mirror))
  for (const [route, rules, metadata] of routes) await kube.create(httpRoute(name, route, rules, metadata))
  const scope = ['--namespace', mirror, '--in-namespaces', name]
  return { mirror, patch: ['patch-httproutes', ...scope], undo: ['undo', ...scope] }
}

/** The filters of one rule of a route as it is now. */
export async function readFilters(
  kube: KubeFixture,
  inNamespace: string,
  name: string,
  rule = 0,
): Promise<readonly JsonValue[]> {
  return filtersOf(await kube.read(httpRoutes, inNamespace, name), rule)
}

export function filtersOf(route: JsonObject, rule = 0): readonly JsonValue[] {
  return arrayAt(route, 'spec', 'rules', rule, 'filters')
}
