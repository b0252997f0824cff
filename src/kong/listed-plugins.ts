// kong-pdk loads every file of the folder it is given. What is not listed must not run, so it gets a folder of links to the
// listed plugins alone. Their own `require` calls still start from where they really are.
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, parse, resolve } from 'node:path'
import { MirrorwafError, reasonOf } from '../errors.js'

/** Files that kong-pdk loads. */
const extensions: ReadonlySet<string> = new Set(['.js', '.cjs', '.ts'])

/** A folder of links; `remove` takes it away again. */
export interface ListedPlugins {
  readonly folder: string
  remove(): void
}

/**
 * Links the listed plugins into a folder of their own.
 * @throws MirrorwafError `MWAF_KONG_PLUGIN` for one that is not in the folder, or when none is listed; `MWAF_KONG_FOLDER`.
 */
export function linkListedPlugins(pluginsDir: string, names: readonly string[]): ListedPlugins {
  const fileByName = findPlugins(pluginsDir)
  const available = [...fileByName.keys()].join(', ') || 'none'
  const missing = names.length === 0 ? 'no plugin' : names.find((name) => !fileByName.has(name))
  if (missing !== undefined)
    throw new MirrorwafError('MWAF_KONG_PLUGIN', { plugin: missing, folder: pluginsDir, available })
  const folder = mkdtempSync(join(tmpdir(), 'mirrorwaf-kong-'))
  for (const name of names) {
    const file = fileByName.get(name) ?? name
    symlinkSync(resolve(pluginsDir, file), join(folder, file))
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

function findPlugins(pluginsDir: string): ReadonlyMap<string, string> {
  try {
    const files = readdirSync(pluginsDir).filter((file) => extensions.has(parse(file).ext) && !file.startsWith('.'))
    return new Map(files.toSorted().map((file) => [parse(file).name, file]))
  } catch (cause) {
    throw new MirrorwafError('MWAF_KONG_FOLDER', { folder: pluginsDir, reason: reasonOf(cause) }, cause)
  }
}
