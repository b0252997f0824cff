// Kong's own JavaScript plugin server as a process, with a connection to it.
import type { Test } from 'tap'
import { installKongPackage, kongFolder } from './kong-package.js'
import { KongWire } from './kong-wire.js'
import { OwnProcess } from './own-process.js'
import { temporaryFolder } from './repository.js'
import { waitUntil } from './wait-until.js'

/** Where kong-pdk is installed. */
export const kongInstallation: string = installKongPackage()
/** The plugin server's script. */
export const kongServerPath: string = `${kongInstallation}/node_modules/kong-pdk/bin/kong-js-pluginserver`
/** kong-pdk loads ts-node, which must not take this repository's options. */
export const kongEnvironment: Readonly<Record<string, string>> = { TS_NODE_SKIP_PROJECT: 'true' }

/** Starts it with a folder of plugins, by default those that ship; it ends with the test. */
export async function startPluginServer(
  t: Test,
  pluginsFolder: string = `${kongFolder}/plugins`,
): Promise<{ readonly wire: KongWire; readonly process: OwnProcess }> {
  const folder = temporaryFolder(t)
  const server = OwnProcess.start(t, {
    name: 'kong-js-pluginserver',
    command: process.execPath,
    args: [kongServerPath, '--plugins-directory', pluginsFolder, '-p', folder, '--sock-name', 's.sock'],
    env: kongEnvironment,
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
