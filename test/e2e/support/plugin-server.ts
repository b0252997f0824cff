// Kong's JavaScript plugin server, with the plugins of deploy/kong or with others.
import type { Test } from 'tap'
import { installKongPackage, kongFolder } from './kong-package.js'
import { KongWire } from './kong-wire.js'
import { OwnProcess } from './own-process.js'
import { temporaryFolder } from './repository.js'
import { waitUntil } from './wait-until.js'

export interface PluginServer {
  readonly wire: KongWire
  readonly process: OwnProcess
}

/** kong-pdk loads ts-node, which must not take this repository's options. */
export const pluginServerEnvironment = { TS_NODE_SKIP_PROJECT: 'true' } as const

/** kong-pdk's start script. */
export function pluginServerPath(): string {
  return `${installKongPackage()}/node_modules/kong-pdk/bin/kong-js-pluginserver`
}

/** Starts it and waits until it answers. It ends with the test `t`. */
export async function startPluginServer(t: Test, plugins: string = `${kongFolder}/plugins`): Promise<PluginServer> {
  const folder = temporaryFolder(t)
  const server = OwnProcess.start(t, {
    name: 'kong-js-pluginserver',
    command: process.execPath,
    args: [pluginServerPath(), '--plugins-directory', plugins, '-p', folder, '--sock-name', 's.sock'],
    env: pluginServerEnvironment,
  })
  const wire = new KongWire(`${folder}/s.sock`)
  t.teardown(() => wire.close())
  await waitUntil(
    'the plugin server',
    async () => {
      server.assertRunning()
      const probe = new KongWire(`${folder}/s.sock`)
      await probe.call('plugin.GetStatus')
      probe.close()
      return true
    },
    () => server.describe(),
  )
  return { wire, process: server }
}
