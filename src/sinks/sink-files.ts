// The files that a sink is given: certificates, keys, headers. Secrets come this way, because command lines and configurations show.
import { readTextFile } from '../read-text-file.js'
import type { TlsFiles } from './sink-spec.js'

/** PEM chains and header files are a few KiB. */
const fileLimitBytes = 1024 * 1024

/** What `tls.connect` takes; a field that was not configured is left out. */
export interface TlsMaterial {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

/** @throws Error with a plain reason. */
export async function readTlsFiles({ ca, cert, certKey }: TlsFiles): Promise<TlsMaterial> {
  return {
    ...(ca === '' ? {} : { ca: await read(ca) }),
    ...(cert === '' ? {} : { cert: await read(cert), key: await read(certKey) }),
  }
}

/** The first line of a file, e.g. a key or a password. @throws Error with a plain reason; never with the content. */
export async function readSecret(path: string): Promise<string> {
  const [secret = ''] = (await read(path)).split(/\r?\n/)
  if (secret === '') throw new Error(`the first line of ${path} is empty`)
  return secret
}

/** `Name: value` lines; empty ones and those after `#` are left out. @throws Error with a plain reason. */
export async function readHeaders(path: string): Promise<Record<string, string>> {
  if (path === '') return {}
  const lines = (await read(path)).split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'))
  const headers: Record<string, string> = Object.create(null)
  for (const [index, line] of lines.entries()) {
    const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([\t\x20-\x7e]*)$/.exec(line) ?? []
    if (name === undefined || value === undefined) throw new Error(`line ${index + 1} of ${path} is not "Name: value"`)
    headers[name.toLowerCase()] = value.trim()
  }
  return headers
}

async function read(path: string): Promise<string> {
  try {
    return await readTextFile(path, fileLimitBytes)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(reason.includes(path) ? reason : `${path}: ${reason}`, { cause })
  }
}
