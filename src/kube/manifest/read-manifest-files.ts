// Where manifests come from: files, folders, standard input.
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { addAbortSignal, type Readable } from 'node:stream'
import { MirrorwafError, reasonOf } from '../../errors.js'

/** A text and the name to blame for what is wrong in it. */
export interface ManifestSource {
  readonly path: string
  readonly text: string
}

/** More than any cluster's manifests; a device or an endless pipe must not fill the memory. */
const inputLimitBytes = 64 * 1024 * 1024

/**
 * Reads paths in the order given; a folder stands for its .yaml, .yml and .json files, `-` or no path for standard input.
 * @param signal - ends the wait for standard input.
 * @throws MirrorwafError `MWAF_KUBE_MANIFEST`.
 */
export async function readManifestFiles(
  paths: readonly string[],
  stdin: Readable,
  signal: AbortSignal,
): Promise<ManifestSource[]> {
  const sources: ManifestSource[] = []
  for (const path of paths.length === 0 ? ['-'] : paths) {
    if (path === '-') sources.push({ path: 'standard input', text: await readStream(stdin, signal) })
    else for (const file of await expand(path)) sources.push({ path: file, text: await readOne(file) })
  }
  return sources
}

async function expand(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path]
    const names = await readdir(path)
    return names
      .filter((name) => /\.(?:ya?ml|json)$/.test(name))
      .toSorted()
      .map((name) => join(path, name))
  } catch (error) {
    throw unusable(path, error)
  }
}

async function readOne(path: string): Promise<string> {
  try {
    if ((await stat(path)).size > inputLimitBytes) throw new RangeError(`it is larger than ${inputLimitBytes} bytes`)
    return await readFile(path, 'utf8')
  } catch (error) {
    throw unusable(path, error)
  }
}

async function readStream(stream: Readable, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = []
  let lengthBytes = 0
  try {
    for await (const chunk of addAbortSignal(signal, stream)) {
      const bytes = Buffer.from(chunk)
      lengthBytes += bytes.length
      if (lengthBytes > inputLimitBytes) throw new RangeError(`it is larger than ${inputLimitBytes} bytes`)
      chunks.push(bytes)
    }
  } catch (error) {
    throw unusable('standard input', error)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function unusable(path: string, error: unknown): MirrorwafError {
  return new MirrorwafError('MWAF_KUBE_MANIFEST', { path, reason: reasonOf(error) }, error)
}
