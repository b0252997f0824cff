// Reads the PEM files of a TLS listener.
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { MirrorwafError, reasonOf } from '../errors.js'

/** PEM texts; `clientCa` empty = client certificates are not asked for. */
export interface TlsMaterial {
  readonly cert: string
  readonly key: string
  readonly clientCa: string
}

/** Paths, empty = not given; `ServeOptions` satisfies it. */
export interface TlsPaths {
  readonly tlsCert: string
  readonly tlsKey: string
  readonly tlsClientCa: string
}

/**
 * @returns undefined when no certificate is configured: plain HTTP.
 * @throws MirrorwafError `MWAF_LISTENER_TLS` for a file that cannot be read, that is no PEM, or a key of another certificate.
 */
export function readTlsMaterial(paths: TlsPaths): TlsMaterial | undefined {
  if (paths.tlsCert === '') return undefined
  const material: TlsMaterial = {
    cert: readPem('certificate (--tls-cert)', paths.tlsCert),
    key: readPem('key (--tls-key)', paths.tlsKey),
    clientCa: paths.tlsClientCa === '' ? '' : readPem('client CA (--tls-client-ca)', paths.tlsClientCa),
  }
  assertUsable(material)
  return material
}

/** Here rather than where the listener opens, so that `--check` finds it as well. */
function assertUsable({ cert, key, clientCa }: TlsMaterial): void {
  try {
    createSecureContext({ cert, key, ...(clientCa === '' ? {} : { ca: clientCa }) })
  } catch (cause) {
    const file = 'certificate, key or client CA'
    throw new MirrorwafError('MWAF_LISTENER_TLS', { file, reason: reasonOf(cause) }, cause)
  }
}

function readPem(file: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new MirrorwafError('MWAF_LISTENER_TLS', { file: `${file} ${path}`, reason: reasonOf(cause) }, cause)
  }
}
