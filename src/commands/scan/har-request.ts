// One `request` of an HTTP Archive (HAR 1.2) -> HTTP/1.1 bytes.
import { listOf, recordOf, textOf } from '../../json-shape.js'
import { writeRawRequest } from './raw-request.js'

/** @param request - parsed JSON; anything missing is taken as empty. */
export function harRequestToRaw(request: unknown): Buffer {
  const { method, url, headers, postData } = recordOf(request)
  const { target, authority } = splitUrl(textOf(url))
  const recorded = listOf(headers)
    .map(toPair)
    .filter(([name]) => !name.startsWith(':'))
  const names = new Set(recorded.map(([name]) => name.toLowerCase()))
  const payload = toPayload(postData)
  const added: [string, string][] = []
  if (!names.has('host')) added.push(['Host', authority])
  if (payload !== undefined && payload.type !== '' && (payload.isRebuilt || !names.has('content-type'))) {
    added.push(['Content-Type', payload.type])
  }
  const kept = payload?.isRebuilt ? recorded.filter(([name]) => name.toLowerCase() !== 'content-type') : recorded
  return writeRawRequest({
    requestLine: `${textOf(method, 'GET').replace(/\s/g, '') || 'GET'} ${target} HTTP/1.1`,
    headers: [...added, ...kept],
    body: payload?.body,
    encoding: 'utf8',
  })
}

interface Payload {
  readonly body: Buffer
  readonly type: string
  /** The body was put together from `params`, so the recorded Content-Type (its boundary) is not its own. */
  readonly isRebuilt: boolean
}

/** By hand: `new URL` would resolve `/../` and re-encode what the rules are to see as it was. */
function splitUrl(url: string): { readonly target: string; readonly authority: string } {
  const parts = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)([^#]*)/i.exec(url)
  const authority = (parts?.[1] ?? '').replace(/^.*@/, '')
  const path = parts === null ? url.replace(/#.*/s, '') : (parts[2] ?? '')
  const target = path.startsWith('/') || path === '*' ? path : `/${path}`
  // A space or line break would end the target.
  return { authority, target: target.replace(/[\s\0]/g, (character) => encodeURIComponent(character)) }
}

function toPair(header: unknown): readonly [string, string] {
  const { name, value } = recordOf(header)
  return [textOf(name), textOf(value)]
}

function toPayload(postData: unknown): Payload | undefined {
  const { mimeType, text, params, encoding } = recordOf(postData)
  const type = textOf(mimeType)
  if (typeof text === 'string' && text !== '') {
    return { body: Buffer.from(text, encoding === 'base64' ? 'base64' : 'utf8'), type, isRebuilt: false }
  }
  const fields = listOf(params)
  if (fields.length === 0)
    return typeof text === 'string' ? { body: Buffer.alloc(0), type, isRebuilt: false } : undefined
  return /^multipart\/form-data/i.test(type) ? toMultipart(fields) : toUrlencoded(fields, type)
}

function toUrlencoded(fields: readonly unknown[], type: string): Payload {
  const pairs = fields.map(toPair).map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
  return { body: Buffer.from(pairs.join('&')), type: type || 'application/x-www-form-urlencoded', isRebuilt: false }
}

/** A lone surrogate, which JSON may hold, would make encodeURIComponent throw. */
function percentEncode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

/** Fixed, so that the same file always gives the same bytes; lengthened until no value holds it. */
function toMultipart(fields: readonly unknown[]): Payload {
  let boundary = 'mirrorwaf-scan'
  const contents = JSON.stringify(fields)
  while (contents.includes(boundary)) boundary += '-'
  const parts = fields.map((field) => `--${boundary}\r\n${toPart(field)}\r\n`)
  const body = Buffer.from(`${parts.join('')}--${boundary}--\r\n`)
  return { body, type: `multipart/form-data; boundary=${boundary}`, isRebuilt: true }
}

function toPart(field: unknown): string {
  const { name, value, fileName, contentType } = recordOf(field)
  const file = typeof fileName === 'string' ? `; filename="${quotedText(fileName)}"` : ''
  const type = typeof contentType === 'string' ? `\r\nContent-Type: ${contentType.replace(/[\r\n]/g, ' ')}` : ''
  return `Content-Disposition: form-data; name="${quotedText(textOf(name))}"${file}${type}\r\n\r\n${textOf(value)}`
}

/** As browsers write names in multipart bodies (WHATWG HTML, multipart/form-data encoding). */
function quotedText(text: string): string {
  return text.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}
