// What `mirrorwaf kong-plugin-server` runs: checks first, then the supervisor, or kong-pdk's dump of the listed plugins.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { promisify } from 'node:util'
import { MirrorwafError, reasonOf } from '../errors.js'
import type { Log } from '../observe/log.js'
import type { KongOptions } from './kong-options.js'
import { type ListedPlugins, linkListedPlugins } from './listed-plugins.js'
import { Supervisor } from './supervisor.js'
import { checkVersions } from './versions.js'

/** Loading plugins takes a second; one that does not come to an end is a fault in it. */
const dumpTimeoutMs = 30_000
const dumpLimitBytes = 16 * 1024 * 1024

/** A running plugin server with its supervisor. */
export interface KongPluginServer {
  readonly supervisor: Supervisor
  /** Ends it and takes away what was made for it. */
  stop(): Promise<void>
}

/**
 * Starts the supervisor.
 * @param searchPath - PATH for the plugin server.
 * @throws MirrorwafError `MWAF_KONG_OFF`, `MWAF_KONG_FOLDER`, `MWAF_KONG_PLUGIN`, `MWAF_KONG_PACKAGE`, `MWAF_KONG_VERSION`.
 */
export async function startKongPluginServer(
  options: KongOptions,
  searchPath: string,
  log: Log,
): Promise<KongPluginServer> {
  const { server, listed } = await prepare(options)
  const environment = environmentOf(searchPath)
  const socket = resolve(options.socket)
  const supervisor = new Supervisor({ ...options, server, socket, pluginsDir: listed.folder, environment }, log)
  supervisor.start()
  return {
    supervisor,
    async stop() {
      await supervisor.stop()
      listed.remove()
    },
  }
}

/**
 * The listed plugins as Kong's query command is to print them: a JSON list of names, versions, phases and schemas.
 * @throws MirrorwafError as `startKongPluginServer`, and `MWAF_KONG_DUMP` when the plugin server does not print one.
 */
export async function dumpPlugins(options: KongOptions, searchPath: string): Promise<string> {
  const { server, listed } = await prepare(options)
  const args = [server, '--plugins-directory', listed.folder, '--dump-all-plugins']
  try {
    const settings = { env: environmentOf(searchPath), timeout: dumpTimeoutMs, maxBuffer: dumpLimitBytes }
    const { stdout } = await promisify(execFile)(process.execPath, args, settings)
    // kong-pdk only warns of a plugin that it could not load, on stdout: then this is no JSON.
    JSON.parse(stdout)
    return stdout
  } catch (cause) {
    throw new MirrorwafError('MWAF_KONG_DUMP', { reason: reasonOf(cause) }, cause)
  } finally {
    listed.remove()
  }
}

async function prepare(options: KongOptions): Promise<{ readonly server: string; readonly listed: ListedPlugins }> {
  if (options.pluginsDir === 'off') throw new MirrorwafError('MWAF_KONG_OFF')
  const packageFolder = dirname(resolve(options.pluginsDir))
  const listed = linkListedPlugins(options.pluginsDir, options.plugins)
  try {
    const installed = `${packageFolder}/node_modules/kong-pdk/bin/kong-js-pluginserver`
    const server = options.server === '' ? installed : resolve(options.server)
    if (options.server === '') await checkVersions(packageFolder, process.versions.node)
    if (!existsSync(server))
      throw new MirrorwafError('MWAF_KONG_PACKAGE', { path: server, reason: 'it does not exist' })
    return { server, listed }
  } catch (thrown) {
    listed.remove()
    throw thrown
  }
}

/** kong-pdk loads ts-node, which would else take whatever tsconfig.json is near. */
function environmentOf(searchPath: string): Readonly<Record<string, string>> {
  return { PATH: searchPath, TS_NODE_SKIP_PROJECT: 'true' }
}
