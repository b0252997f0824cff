// HAProxy, run on the recipe of deploy/haproxy.
import { copyFileSync, writeFileSync } from 'node:fs'
import type { Test } from 'tap'
import { canConnect } from './can-connect.js'
import { findFreePorts } from './free-ports.js'
import type { Gateway, GatewayPorts } from './gateway.js'
import { OwnProcess } from './own-process.js'
import { readRecipe } from './recipe.js'
import { repositoryRoot, temporaryFolder } from './repository.js'
import { waitUntil } from './wait-until.js'

/** Each thread keeps connections of its own. */
export const haproxyThreads = 2

/** Starts HAProxy and waits until it accepts connections. It ends with the test `t`. */
export async function startHaproxy(t: Test, path: string, ports: GatewayPorts): Promise<Gateway> {
  const [port = 0] = await findFreePorts(1)
  const folder = temporaryFolder(t)
  const configuration = readRecipe('deploy/haproxy/haproxy.cfg', {
    'bind :8000': `bind 127.0.0.1:${port}`,
    'server primary 127.0.0.1:9000': `server primary 127.0.0.1:${ports.primary}`,
    'MIRRORWAF_RECEIVER 127.0.0.1:8080': `MIRRORWAF_RECEIVER 127.0.0.1:${ports.receiver}`,
    'tune.bufsize 65536': `tune.bufsize 65536\n  nbthread ${haproxyThreads}`,
  })
  writeFileSync(`${folder}/haproxy.cfg`, configuration)
  copyFileSync(`${repositoryRoot}/deploy/haproxy/mirrorwaf.lua`, `${folder}/mirrorwaf.lua`)
  const haproxy = OwnProcess.start(t, {
    name: 'HAProxy',
    command: path,
    args: ['-C', folder, '-f', 'haproxy.cfg', '-db'],
  })
  await waitUntil(
    'HAProxy to listen',
    async () => {
      haproxy.assertRunning()
      return (await canConnect(port)) || undefined
    },
    () => haproxy.describe(),
  )
  return { port, process: haproxy }
}
