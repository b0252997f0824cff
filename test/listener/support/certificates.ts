// Certificates for tests, made anew each time: X.509 version 3 in DER, signed with ECDSA on P-256.
// Node can sign but not write certificates; no program is asked, so that the tests need nothing but Node.
import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto'

/** PEM texts. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

export interface Authority extends Certificate {
  /** Issues a certificate that is good for 127.0.0.1 and for a client. */
  issue(name: string): Certificate
}

/** A certificate authority of its own. */
export function createAuthority(name: string): Authority {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const own = write({
    subject: name,
    issuer: name,
    publicKey: pair.publicKey,
    signer: pair.privateKey,
    isAuthority: true,
  })
  return {
    ...own,
    key: pem(pair.privateKey),
    issue: (subject) => {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const { cert } = write({ subject, issuer: name, publicKey, signer: pair.privateKey, isAuthority: false })
      return { cert, key: pem(privateKey) }
    },
  }
}

interface Content {
  readonly subject: string
  readonly issuer: string
  readonly publicKey: KeyObject
  readonly signer: KeyObject
  readonly isAuthority: boolean
}

/** DER tags (X.690). */
const tag = { boolean: 0x01, integer: 0x02, bits: 0x03, octets: 0x04, oid: 0x06, utf8: 0x0c, utcTime: 0x17 } as const
const sequenceTag = 0x30
const setTag = 0x31

const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'))

function write({ subject, issuer, publicKey, signer, isAuthority }: Content): Certificate {
  const serial = Buffer.from([1, ...Buffer.from(subject).subarray(0, 8)])
  const body = sequence(
    der(0xa0, der(tag.integer, Buffer.from([2]))),
    der(tag.integer, serial),
    ecdsaWithSha256,
    nameOf(issuer),
    sequence(time(-1), time(1)),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions(isAuthority))),
  )
  const signature = createSign('sha256').update(body).sign(signer)
  const certificate = sequence(body, ecdsaWithSha256, der(tag.bits, Buffer.concat([Buffer.from([0]), signature])))
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? []
  return { cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`, key: '' }
}

function extensions(isAuthority: boolean): readonly Buffer[] {
  const basicConstraints = isAuthority ? sequence(der(tag.boolean, Buffer.from([0xff]))) : sequence()
  const loopback = sequence(der(0x87, Buffer.from([127, 0, 0, 1])))
  return [
    sequence(oid('551d13'), der(tag.boolean, Buffer.from([0xff])), der(tag.octets, basicConstraints)),
    sequence(oid('551d11'), der(tag.octets, loopback)),
  ]
}

function nameOf(commonName: string): Buffer {
  return sequence(der(setTag, sequence(oid('550403'), der(tag.utf8, Buffer.from(commonName)))))
}

function time(days: number): Buffer {
  const text = new Date(Date.now() + days * 86_400_000).toISOString().replace(/[-:T]|\.\d+/g, '')
  return der(tag.utcTime, Buffer.from(text.slice(2)))
}

function oid(hex: string): Buffer {
  return der(tag.oid, Buffer.from(hex, 'hex'))
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(sequenceTag, Buffer.concat(parts))
}

function der(tagByte: number, content: Buffer): Buffer {
  const { length } = content
  const lengthBytes = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tagByte, ...lengthBytes]), content])
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}
