// A throw-away authority with certificates for 127.0.0.1, made by openssl.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Certificates {
  readonly caPath: string
  readonly certPath: string
  readonly keyPath: string
  readonly ca: string
  readonly cert: string
  readonly key: string
}

export function makeCertificates(directory: string): Certificates {
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: directory, stdio: ['ignore', 'ignore', 'ignore'] })
  }
  const subject = (name: string): readonly string[] => ['-subj', `/CN=${name}`]
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', ...subject('test authority'))
  openssl(
    'req',
    ...newKey,
    '-keyout',
    'key.pem',
    '-out',
    'request.pem',
    ...subject('127.0.0.1'),
    '-addext',
    'subjectAltName=IP:127.0.0.1',
  )
  const authority = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial']
  openssl(
    'x509',
    '-req',
    '-in',
    'request.pem',
    ...authority,
    '-copy_extensions',
    'copy',
    '-out',
    'cert.pem',
    '-days',
    '2',
  )
  const path = (name: string): string => join(directory, name)
  const read = (name: string): string => readFileSync(path(name), 'utf8')
  return {
    caPath: path('ca.pem'),
    certPath: path('cert.pem'),
    keyPath: path('key.pem'),
    ca: read('ca.pem'),
    cert: read('cert.pem'),
    key: read('key.pem'),
  }
}
