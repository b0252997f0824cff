// Reads verdict cases: YAML lists of requests with the rule types that they must raise.
//
//   - name: what is hidden where
//     request: { method: POST, target: /a?b=c, headers: { content-type: text/plain }, body: '…' }
//     types: [php_code_injection]       # exactly these; [] = none
//     truncated: true                   # optional, else false: not all could be inspected
//     fault: json_cut                   # optional: what the body's report must name
//
// Headers are a map, or a list of [name, value] pairs. Bytes are a string (UTF-8) or one of
//   { hex: '00ff' }  { repeat: a, times: 5000 }  { join: [ … ] }  { gzip|deflate|raw-deflate|br|zstd: … }
//   { each: 'k#=v&', times: 300 } (# is the number)  { utf-16le: '…' }  { latin1: '…' }  { cut: …, at: 100 }  { base64: … }
//   { message: { 1: …, 2: … } } (protobuf, length-delimited fields)  { grpc: … }  { grpc-compressed: … }  { grpc-trailers: … }
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { parse } from 'yaml'
import type { ByteText, RequestParts } from '#src/batch/make-record.js'
import { grpcMessage, protobufField } from '../request/support/protobuf.js'

export interface VerdictCase {
  readonly file: string
  readonly name: string
  readonly request: RequestParts
  readonly types: readonly string[]
  readonly isTruncated: boolean
  readonly fault: string | undefined
}

/** The folder of this project's `test/NAME`, wherever the compiled tests lie. */
export function testFolder(name: string): string {
  return fileURLToPath(new URL(`../../../test/${name}`, import.meta.url))
}

/** All cases of the YAML files in a folder. Throws on anything that is no case, so that none is skipped silently. */
export function readCases(folder: string): VerdictCase[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'))
  return files.sort().flatMap((file) => parseCases(file, readFileSync(join(folder, file), 'utf8')))
}

/** The cases in one YAML text. */
export function parseCases(file: string, text: string): VerdictCase[] {
  const list: unknown = parse(text, { merge: true })
  if (!Array.isArray(list)) throw new Error(`${file}: not a list of cases`)
  return list.map((item: unknown, index) => {
    const where = `${file} case ${index + 1}`
    const fields = asMap(item, where)
    return {
      file,
      name: asText(fields.get('name'), where),
      request: asRequest(asMap(fields.get('request'), where), where),
      types: asList(fields.get('types'), where).map((type) => asText(type, where)),
      isTruncated: asFlag(fields.get('truncated') ?? false, where),
      fault: fields.get('fault') === undefined ? undefined : asText(fields.get('fault'), where),
    }
  })
}

function asRequest(fields: ReadonlyMap<string, unknown>, where: string): RequestParts {
  return {
    method: fields.get('method') === undefined ? 'GET' : asText(fields.get('method'), where),
    target: fields.get('target') === undefined ? '/' : asBytes(fields.get('target'), where),
    headers: asPairs(fields.get('headers') ?? [], where),
    trailers: asPairs(fields.get('trailers') ?? [], where),
    body: fields.get('body') === undefined ? '' : asBytes(fields.get('body'), where),
    peer: fields.get('peer') === undefined ? '192.0.2.1' : asText(fields.get('peer'), where),
  }
}

function asPairs(value: unknown, where: string): [ByteText, ByteText][] {
  if (!Array.isArray(value)) return Array.from(asMap(value, where), ([name, text]) => [name, asBytes(text, where)])
  return value.map((pair: unknown) => {
    const [name, text] = asList(pair, where)
    return [asBytes(name, where), asBytes(text, where)]
  })
}

function asBytes(value: unknown, where: string): Buffer {
  if (typeof value === 'string') return Buffer.from(value)
  const fields = asMap(value, where)
  const [kind = '', ...options] = fields.keys()
  if (options.some((option) => option !== 'times' && option !== 'at')) throw new Error(`${where}: odd bytes ${options}`)
  const inner = fields.get(kind)
  switch (kind) {
    case 'hex':
      return Buffer.from(asText(inner, where), 'hex')
    case 'repeat':
      return Buffer.concat(Array.from({ length: Number(fields.get('times')) }, () => asBytes(inner, where)))
    case 'each': {
      const template = asText(inner, where)
      const texts = Array.from({ length: Number(fields.get('times')) }, (_, index) =>
        template.replaceAll('#', String(index)),
      )
      return Buffer.from(texts.join(''))
    }
    case 'join':
      return Buffer.concat(asList(inner, where).map((piece) => asBytes(piece, where)))
    case 'cut':
      return asBytes(inner, where).subarray(0, Number(fields.get('at')))
    case 'gzip':
      return gzipSync(asBytes(inner, where))
    case 'deflate':
      return deflateSync(asBytes(inner, where))
    case 'raw-deflate':
      return deflateRawSync(asBytes(inner, where))
    case 'br':
      return brotliCompressSync(asBytes(inner, where))
    case 'zstd':
      return zstdCompressSync(asBytes(inner, where))
    case 'base64':
      return Buffer.from(asBytes(inner, where).toString('base64'))
    case 'message':
      return Buffer.concat(
        Array.from(asMap(inner, where), ([number, value]) => protobufField(Number(number), asBytes(value, where))),
      )
    case 'grpc':
      return grpcMessage(asBytes(inner, where))
    case 'grpc-compressed':
      return grpcMessage(asBytes(inner, where), 0x01)
    case 'grpc-trailers':
      return grpcMessage(asBytes(inner, where), 0x80)
    case 'utf-16le':
      return Buffer.from(asText(inner, where), 'utf16le')
    case 'latin1':
      return Buffer.from(asText(inner, where), 'latin1')
    default:
      throw new Error(`${where}: unknown bytes {${kind}}`)
  }
}

function asText(value: unknown, where: string): string {
  if (typeof value === 'string') return value
  throw new Error(`${where}: text expected, got ${JSON.stringify(value)}`)
}

function asFlag(value: unknown, where: string): boolean {
  if (typeof value === 'boolean') return value
  throw new Error(`${where}: true or false expected, got ${JSON.stringify(value)}`)
}

function asList(value: unknown, where: string): unknown[] {
  if (Array.isArray(value)) return value
  throw new Error(`${where}: list expected, got ${JSON.stringify(value)}`)
}

function asMap(value: unknown, where: string): ReadonlyMap<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return new Map(Object.entries(value))
  throw new Error(`${where}: map expected, got ${JSON.stringify(value)}`)
}
