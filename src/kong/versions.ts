// Do the installed packages fit? A plugin server with another PDK than its plugins were written for fails late and in odd
// ways, so it is not started at all. The measure is the lock file beside the plugins folder, and the Node that will run it.
import { existsSync } from 'node:fs'
import { MirrorwafError, reasonOf } from '../errors.js'
import { recordOf, textOf } from '../json-shape.js'
import { readTextFile } from '../read-text-file.js'

/** Some hundred times what such a lock file takes. */
const manifestLimitBytes = 16 * 1024 * 1024

/**
 * Compares what is installed in a folder with its lock file and its `engines`.
 * @param folder - holds package.json, package-lock.json and node_modules.
 * @param nodeVersion - of the Node that runs the plugin server.
 * @throws MirrorwafError `MWAF_KONG_VERSION`, naming the package that differs; `MWAF_KONG_PACKAGE` when it cannot be found out.
 */
export async function checkVersions(folder: string, nodeVersion: string): Promise<void> {
  const { engines } = await readManifest(`${folder}/package.json`)
  const oldest = /^>=(\d+)/.exec(textOf(recordOf(engines)['node']))?.[1]
  if (oldest !== undefined && Number(nodeVersion.split('.')[0]) < Number(oldest)) {
    throw new MirrorwafError('MWAF_KONG_VERSION', { package: 'node', found: nodeVersion, wanted: `${oldest} or newer` })
  }
  const { packages } = await readManifest(`${folder}/package-lock.json`)
  for (const [path, entry] of Object.entries(recordOf(packages))) {
    const { version, dev, optional } = recordOf(entry)
    // The tests' own packages need not be there; optional ones depend on the machine.
    if (path === '' || dev === true || optional === true) continue
    await checkPackage(folder, path, textOf(version))
  }
}

async function checkPackage(folder: string, path: string, wanted: string): Promise<void> {
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
  const manifest = `${folder}/${path}/package.json`
  const found = existsSync(manifest) ? textOf((await readManifest(manifest))['version']) : 'not installed'
  if (found !== wanted) throw new MirrorwafError('MWAF_KONG_VERSION', { package: name, found, wanted })
}

async function readManifest(path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return recordOf(JSON.parse(await readTextFile(path, manifestLimitBytes)))
  } catch (cause) {
    throw new MirrorwafError('MWAF_KONG_PACKAGE', { path, reason: reasonOf(cause) }, cause)
  }
}
