// A throw-away authority with a certificate for 127.0.0.1, as texts and as the files that options name.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createAuthority } from '../../listener/support/certificates.js'

export interface Certificates {
  readonly caPath: string
  readonly certPath: string
  readonly keyPath: string
  readonly ca: string
  readonly cert: string
  readonly key: string
}

export function makeCertificates(directory: string): Certificates {
  const authority = createAuthority('test authority')
  const { cert, key } = authority.issue('127.0.0.1')
  const write = (name: string, text: string): string => {
    const path = join(directory, name)
    writeFileSync(path, text)
    return path
  }
  return {
    caPath: write('ca.pem', authority.cert),
    certPath: write('cert.pem', cert),
    keyPath: write('key.pem', key),
    ca: authority.cert,
    cert,
    key,
  }
}
