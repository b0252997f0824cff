// `mirrorwaf gateway` from the build, as a process of its own.
import type { Test } from 'tap'
import { canConnect } from './can-connect.js'
import { findFreePorts } from './free-ports.js'
import type { Gateway, GatewayPorts } from './gateway.js'
import { OwnProcess } from './own-process.js'
import { repositoryRoot } from './repository.js'
import { waitUntil } from './wait-until.js'

export interface OwnGateway extends Gateway {
  /** Port of health and metrics. */
  readonly adminPort: number
}

/**
 * Starts the gateway and waits until it accepts connections. It ends with the test `t`.
 * @param args - further options.
 */
export async function startOwnGateway(t: Test, ports: GatewayPorts, args: readonly string[] = []): Promise<OwnGateway> {
  const [port = 0, adminPort = 0] = await findFreePorts(2)
  const gateway = OwnProcess.start(t, {
    name: 'mirrorwaf gateway',
    command: process.execPath,
    args: [
      ...[`${repositoryRoot}/dist/main.js`, 'gateway', '--no-access-log'],
      ...['--listen', `127.0.0.1:${port}`, '--admin', `127.0.0.1:${adminPort}`],
      ...['--route', `/=http://127.0.0.1:${ports.primary}`, '--mirror', `127.0.0.1:${ports.receiver}`],
      ...args,
    ],
  })
  await waitUntil(
    'the gateway to listen',
    async () => {
      gateway.assertRunning()
      return (await canConnect(port)) || undefined
    },
    () => gateway.describe(),
  )
  return { port, adminPort, process: gateway }
}
