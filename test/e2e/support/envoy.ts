// Envoy, run on the recipe of deploy/envoy.
import { writeFileSync } from 'node:fs'
import type { Test } from 'tap'
import { findFreePorts } from './free-ports.js'
import type { Gateway, GatewayPorts } from './gateway.js'
import { OwnProcess } from './own-process.js'
import { readRecipe } from './recipe.js'
import { temporaryFolder } from './repository.js'
import { waitUntil } from './wait-until.js'

export interface Envoy extends Gateway {
  readonly adminPort: number
  /** One counter or gauge of Envoy's own, 0 if it has none of that name. */
  stat(name: string): Promise<number>
}

/** Each thread keeps connections of its own. */
export const envoyThreads = 2

export interface EnvoyUse {
  readonly recipe?: string
  readonly changes?: Readonly<Record<string, string>>
}

/**
 * Starts Envoy and waits until it says that it is ready. It ends with the test `t`.
 * @param use - which configuration of deploy/envoy, and texts of it -> what is to stand there instead.
 */
export async function startEnvoy(
  t: Test,
  path: string,
  ports: GatewayPorts,
  { recipe = 'envoy.yaml', changes = {} }: EnvoyUse = {},
): Promise<Envoy> {
  const [port = 0, admin = 0] = await findFreePorts(2)
  const file = `${temporaryFolder(t)}/envoy.yaml`
  const configuration = readRecipe(`deploy/envoy/${recipe}`, {
    ...changes,
    'address: 0.0.0.0, port_value: 8000': `address: 127.0.0.1, port_value: ${port}`,
    'port_value: 9901': `port_value: ${admin}`,
    'port_value: 9000': `port_value: ${ports.primary}`,
    'port_value: 8080': `port_value: ${ports.receiver}`,
  })
  writeFileSync(file, configuration)
  const envoy = await runEnvoy(t, path, file, admin)
  return {
    port,
    adminPort: admin,
    process: envoy,
    configuration: file,
    stat: (name) => readStat(admin, name),
  }
}

/** Runs Envoy on a file and waits until it says that it is ready. It ends with the test `t`. */
export async function runEnvoy(t: Test, path: string, file: string, admin: number): Promise<OwnProcess> {
  const envoy = OwnProcess.start(t, {
    name: 'Envoy',
    command: path,
    // Hot restart would share memory with any other Envoy on the machine.
    args: ['-c', file, '--concurrency', String(envoyThreads), '--disable-hot-restart', '--log-level', 'warning'],
  })
  await waitUntil(
    'Envoy to be ready',
    async () => {
      envoy.assertRunning()
      const answer = await fetch(`http://127.0.0.1:${admin}/ready`)
      return answer.ok || undefined
    },
    () => envoy.describe(),
  )
  return envoy
}

async function readStat(admin: number, name: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${admin}/stats?filter=^${name}$`)
  const [, value = '0'] = (await answer.text()).split(': ')
  return Number(value)
}
