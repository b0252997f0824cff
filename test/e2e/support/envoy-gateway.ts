// Envoy as Envoy Gateway would run it: its own tool, egctl, translates the recipe of deploy/examples, and a real Envoy runs the
// result. What a cluster brings (endpoints, discovery) is put in; routes, listeners and clusters stay as they were translated.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import type { Test } from 'tap'
import { runEnvoy } from './envoy.js'
import { findFreePorts } from './free-ports.js'
import type { Gateway, GatewayPorts } from './gateway.js'
import { readRecipe } from './recipe.js'
import { temporaryFolder } from './repository.js'

/** What a cluster holds beside the recipe. */
const surroundings = `
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: { name: envoy-gateway }
spec: { controllerName: gateway.envoyproxy.io/gatewayclass-controller }
---
apiVersion: v1
kind: Service
metadata: { name: shop, namespace: shop }
spec: { clusterIP: 127.0.0.1, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: request-mirror, namespace: mirrorwaf }
spec: { clusterIP: 127.0.0.1, ports: [{ port: 8080 }] }
`

type Json = Readonly<Record<string, unknown>>

/** The parts of Envoy's configuration that came out of a translation. */
export interface Translation {
  readonly clusters: readonly Json[]
  readonly listeners: readonly Json[]
  readonly routes: readonly Json[]
}

/**
 * Has the recipe translated.
 * @param changes - texts of the recipe -> what is to stand there instead.
 */
export function translateRecipe(t: Test, egctl: string, changes: Readonly<Record<string, string>> = {}): Translation {
  const file = `${temporaryFolder(t)}/objects.yaml`
  writeFileSync(file, readRecipe('deploy/examples/envoy-gateway.yaml', changes) + surroundings)
  const args = [
    'x',
    'translate',
    '--from',
    'gateway-api',
    '--to',
    'xds',
    '--type',
    'all',
    '--output',
    'json',
    '-f',
    file,
  ]
  const output: unknown = JSON.parse(execFileSync(egctl, args, { encoding: 'utf8', timeout: 60_000 }))
  return {
    clusters: collect(output, 'cluster'),
    listeners: collect(output, 'listener').filter((each) => textAt(each, 'name') === 'shop/public/http'),
    routes: collect(output, 'routeConfig').filter((each) => textAt(each, 'name') === 'shop/public/http'),
  }
}

/** Starts Envoy on the translated recipe and waits until it is ready. It ends with the test `t`. */
export async function startEnvoyGateway(t: Test, egctl: string, envoy: string, ports: GatewayPorts): Promise<Gateway> {
  const [port = 0, admin = 0] = await findFreePorts(2)
  const { clusters, listeners, routes } = translateRecipe(t, egctl)
  const address = (number: number): Json => ({ socketAddress: { address: '127.0.0.1', portValue: number } })
  const configuration = {
    admin: { address: address(admin) },
    staticResources: {
      listeners: listeners.map((listener) => {
        return { ...fill(listener, 'rds', 'routeConfig', routes[0] ?? {}), address: address(port) }
      }),
      clusters: clusters.map(({ edsClusterConfig: _, ...cluster }) => {
        const name = textAt(cluster, 'name')
        const endpoint = { address: address(name.includes('-mirror-') ? ports.receiver : ports.primary) }
        return {
          ...cluster,
          type: 'STATIC',
          loadAssignment: { clusterName: name, endpoints: [{ lbEndpoints: [{ endpoint }] }] },
        }
      }),
    },
  }
  const file = `${temporaryFolder(t)}/envoy.json`
  // The standard output of a program that Node started is a socket, which cannot be opened by name.
  writeFileSync(file, JSON.stringify(configuration).replaceAll('"/dev/stdout"', '"/dev/null"'))
  return { port, process: await runEnvoy(t, envoy, file, admin), configuration: file }
}

/** All objects under a name, wherever they stand; there they are of any type, here their place says which. */
function collect(value: unknown, name: string): readonly Json[] {
  if (Array.isArray(value)) return value.flatMap((each) => collect(each, name))
  if (!isJson(value)) return []
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key !== name || !isJson(inner)) return collect(inner, name)
    const { '@type': _, ...plain } = inner
    return [plain]
  })
}

/** A copy in which `from`, wherever it stands, is `to` with the value; types of discovery go. */
function fill(object: Json, from: string, to: string, filling: Json): Json {
  const entries = Object.entries(object).map(([key, inner]): readonly [string, unknown] => {
    if (key === from) return [to, filling]
    if (Array.isArray(inner)) return [key, inner.map((each) => (isJson(each) ? fill(each, from, to, filling) : each))]
    return [key, isJson(inner) ? fill(inner, from, to, filling) : inner]
  })
  return Object.fromEntries(entries)
}

function textAt(object: Json, name: string): string {
  const value = object[name]
  return typeof value === 'string' ? value : ''
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
