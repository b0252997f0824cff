// nginx, run on a recipe of deploy/nginx.
import { mkdirSync, writeFileSync } from 'node:fs'
import type { Test } from 'tap'
import { canConnect } from './can-connect.js'
import { findFreePorts } from './free-ports.js'
import type { Gateway, GatewayPorts } from './gateway.js'
import { OwnProcess } from './own-process.js'
import { readRecipe } from './recipe.js'
import { temporaryFolder } from './repository.js'
import { waitUntil } from './wait-until.js'

export type NginxRecipe = 'nginx.conf' | 'nginx-minimal.conf'

/** Folders that nginx wants at start even where nothing uses them; the compiled-in ones need root. */
const temporaryPaths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']

/**
 * Starts nginx and waits until it accepts connections. It ends with the test `t`.
 * @param changes - texts of the recipe -> what is to stand there instead.
 */
export async function startNginx(
  t: Test,
  path: string,
  recipe: NginxRecipe,
  ports: GatewayPorts,
  changes: Readonly<Record<string, string>> = {},
): Promise<Gateway> {
  const [port = 0] = await findFreePorts(1)
  const folder = temporaryFolder(t)
  mkdirSync(`${folder}/tmp`)
  const configuration = readRecipe(`deploy/nginx/${recipe}`, {
    ...changes,
    'listen 8000': `listen 127.0.0.1:${port}`,
    '127.0.0.1:9000': `127.0.0.1:${ports.primary}`,
    '127.0.0.1:8080': `127.0.0.1:${ports.receiver}`,
    'http {': `http {\n  ${temporaryPaths.map((name) => `${name}_temp_path ${folder}/tmp/${name};`).join(' ')}\n`,
  })
  writeFileSync(`${folder}/nginx.conf`, configuration)
  // Started by root, nginx changes to another user, who may not enter the folder.
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  const nginx = OwnProcess.start(t, {
    name: `nginx with ${recipe}`,
    command: path,
    args: ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr', '-g', `daemon off; pid ${folder}/nginx.pid; ${user}`],
  })
  await waitUntil(
    'nginx to listen',
    async () => {
      nginx.assertRunning()
      return (await canConnect(port)) || undefined
    },
    () => nginx.describe(),
  )
  return { port, process: nginx, configuration: `${folder}/nginx.conf` }
}
