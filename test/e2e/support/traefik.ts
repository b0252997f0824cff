// Traefik, run on the recipe of deploy/traefik.
import { writeFileSync } from 'node:fs'
import type { Test } from 'tap'
import { findFreePorts } from './free-ports.js'
import type { Gateway, GatewayPorts } from './gateway.js'
import { OwnProcess } from './own-process.js'
import { sendAlone } from './raw-client.js'
import { readRecipe } from './recipe.js'
import { temporaryFolder } from './repository.js'
import { waitUntil } from './wait-until.js'

/** Starts Traefik and waits until it has its routes. It ends with the test `t`. */
export async function startTraefik(t: Test, path: string, ports: GatewayPorts): Promise<Gateway> {
  const [port = 0] = await findFreePorts(1)
  const folder = temporaryFolder(t)
  const routes = readRecipe('deploy/traefik/mirror.yaml', {
    'http://127.0.0.1:9000': `http://127.0.0.1:${ports.primary}`,
    'http://127.0.0.1:8080': `http://127.0.0.1:${ports.receiver}`,
    // What tells that the routes are loaded must not reach the primary.
    '  services:\n': '    ready:\n      rule: Path(`/is-ready`)\n      service: noop@internal\n\n  services:\n',
  })
  writeFileSync(`${folder}/mirror.yaml`, routes)
  const main = readRecipe('deploy/traefik/traefik.yaml', { "':8000'": `'127.0.0.1:${port}'` })
  writeFileSync(`${folder}/traefik.yaml`, main)
  const traefik = OwnProcess.start(t, {
    name: 'Traefik',
    command: path,
    args: ['--configfile=traefik.yaml'],
    cwd: folder,
  })
  await waitUntil(
    'Traefik to have its routes',
    async () => {
      traefik.assertRunning()
      const { status } = await sendAlone(port, 'GET /is-ready HTTP/1.1\r\nHost: ready\r\n\r\n')
      return status !== 404 || undefined
    },
    () => traefik.describe(),
  )
  return { port, process: traefik }
}
