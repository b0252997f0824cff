// The gateways of the matrix in deploy/gateways.md: how each is started, and with what it stands in the table.
import { startEnvoy } from './envoy.js'
import { startEnvoyGateway } from './envoy-gateway.js'
import { startHaproxy } from './haproxy.js'
import { startKongStandIn } from './kong-stand-in.js'
import type { StartGateway } from './mirroring-suite.js'
import { startNginx } from './nginx.js'
import { startOwnGateway } from './own-gateway.js'
import { type FoundProgram, findProgram, type ProgramName } from './required-program.js'
import { startTraefik } from './traefik.js'

export interface MatrixGateway {
  /** First column: unique, with a link to the recipe. */
  readonly name: string
  /** Why it is left out on purpose, or `false`. */
  readonly skip: string | false
  readonly start: StartGateway
  /** Proxies of one's own between the client and the receiver, as entries of `X-Forwarded-For` show them. */
  readonly trustedHops: number
}

/** All that can be run from what package registries carry. */
export const matrixGateways: readonly MatrixGateway[] = [
  fromProgram('nginx', '[nginx 1.22](nginx/nginx.conf)', (path) => {
    return (t, ports) => startNginx(t, path, 'nginx.conf', ports)
  }),
  fromProgram('nginx', '[nginx 1.22, minimal](nginx/nginx-minimal.conf)', (path) => {
    return (t, ports) => startNginx(t, path, 'nginx-minimal.conf', ports)
  }),
  {
    ...fromProgram('envoy', '[Envoy 1.40](envoy/envoy.yaml)', (path) => (t, ports) => startEnvoy(t, path, ports)),
    // Envoy adds its own address to the copy's chain, which is then a hop as well.
    trustedHops: 2,
  },
  envoyGateway(),
  fromProgram('traefik', '[Traefik 3.5](traefik/mirror.yaml)', (path) => (t, ports) => startTraefik(t, path, ports)),
  fromProgram('haproxy', '[HAProxy 2.6, Lua](haproxy/haproxy.cfg)', (path) => {
    return (t, ports) => startHaproxy(t, path, ports)
  }),
  {
    name: '[mirrorwaf gateway](gateway/README.md)',
    skip: false,
    trustedHops: 1,
    start: (t, ports) => startOwnGateway(t, ports),
  },
  {
    name: '[Kong plugin](kong/README.md) on its plugin server',
    skip: false,
    trustedHops: 1,
    start: startKongStandIn,
  },
]

function envoyGateway(): MatrixGateway {
  const envoy = findProgram('envoy')
  const name = '[Envoy Gateway 1.9](examples/envoy-gateway.yaml), translated by its egctl'
  const gateway = fromProgram('egctl', name, (egctl) => {
    return (t, ports) => startEnvoyGateway(t, egctl, envoy.path, ports)
  })
  return { ...gateway, skip: gateway.skip || envoy.skip, trustedHops: 2 }
}

function fromProgram(program: ProgramName, name: string, startWith: (path: string) => StartGateway): MatrixGateway {
  const { path, skip }: FoundProgram = findProgram(program)
  return { name, skip, start: startWith(path), trustedHops: 1 }
}
