// Makes byte streams as a gateway, a broken one or an attacker might send them: well-formed requests first, then damaged.
import type { Random } from '../random.js'

/** Text whose characters stand for one byte each (latin1). */
export function randomStream(random: Random): string {
  let stream = ''
  const count = 1 + random.below(3)
  for (let index = 0; index < count; index += 1) stream += randomRequest(random)
  const damageCount = random.chance(0.4) ? 0 : 1 + random.below(3)
  for (let index = 0; index < damageCount; index += 1) stream = damage(random, stream)
  return stream
}

/** One request, well-formed but for an odd part now and then. */
export function randomRequest(random: Random): string {
  const method = mostly(random, ['GET', 'POST', 'PUT', 'OPTIONS', 'QUERY'], ['CONNECT', 'FOO', 'get', 'PROXY', 'PRI'])
  const version = mostly(random, ['HTTP/1.1'], ['HTTP/1.0', 'HTTP/2.0', 'HTTP/1.2'])
  let head = `${method} ${randomTarget(random)} ${version}\r\n`
  const headerCount = random.below(6)
  for (let index = 0; index < headerCount; index += 1) head += randomHeader(random)
  if (random.chance(0.4)) return `${head}\r\n`
  return head + randomBody(random)
}

function randomTarget(random: Random): string {
  return mostly(
    random,
    ['/', '/?x=$globals', '*', 'http://h.example/p?q=1', `/${randomText(random)}`],
    ['/\xc3\xa9', '/a b', 'h.example:443', randomText(random)],
  )
}

function randomHeader(random: Random): string {
  const name = mostly(
    random,
    ['Host', 'Cookie', 'X-A', 'Expect', 'content-TYPE', 'x'],
    ['X@Y', 'Connection', 'Upgrade'],
  )
  const value = random.pick([
    '',
    'a',
    '100-continue',
    'close',
    'keep-alive',
    'upgrade',
    'h2c',
    '\xe9',
    randomText(random),
  ])
  return `${name}:${random.pick([' ', '', '  ', '\t'])}${value}${random.pick(['', '', ' ', '\t'])}\r\n`
}

function mostly(random: Random, usual: readonly [string, ...string[]], odd: readonly [string, ...string[]]): string {
  return random.chance(0.9) ? random.pick(usual) : random.pick(odd)
}

function randomBody(random: Random): string {
  const body = randomText(random)
  if (random.chance(0.5)) return `Content-Length: ${body.length}\r\n\r\n${body}`
  let text = `Transfer-Encoding: ${random.pick(['chunked', 'Chunked', 'gzip, chunked'])}\r\n\r\n`
  const pieceCount = random.below(4)
  for (let index = 0; index < pieceCount; index += 1) {
    const piece = `${randomText(random)}p`
    text += `${piece.length.toString(16)}${random.pick(['', '', ';a=b', ';a="b"'])}\r\n${piece}\r\n`
  }
  text += '0\r\n'
  const trailerCount = random.chance(0.3) ? random.below(4) : 0
  for (let index = 0; index < trailerCount; index += 1) text += randomHeader(random)
  return `${text}\r\n`
}

function randomText(random: Random): string {
  // Now and then more than the parser takes at once (64 KiB).
  if (random.chance(0.001)) return 'long&'.repeat(13_000 + random.below(1000))
  const length = random.chance(0.1) ? random.below(600) : random.below(20)
  let text = ''
  for (let index = 0; index < length; index += 1) text += random.pick(['a', '=', '&', '%27', '/', '0', '<script>'])
  return text
}

/** Texts that parsers trip over. */
const stumblingBlocks = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  '\t',
  ':',
  ',',
  '\r\n ',
  '\r\n\t',
  '\x0b',
  '\x7f',
  '\xff',
  '\r\n\r\n',
  '\n\n',
  'Content-Length: 5\r\n',
  'Content-Length: +5\r\n',
  'Content-Length: 5, 5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: gzip\r\n',
  'Transfer-Encoding : chunked\r\n',
  'Connection: close\r\n',
  'HTTP/1.1',
  '0\r\n\r\n',
  'FFFFFFFFFFFFFFFFFF\r\n',
  'PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n',
  '\x16\x03\x01',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  '    '.repeat(30),
  'x'.repeat(300),
  'A: b\r\n'.repeat(12),
  'X@Y',
  '\r\n'.repeat(5),
] as const

function damage(random: Random, stream: string): string {
  const at = random.below(stream.length + 1)
  const length = random.below(8)
  switch (random.below(6)) {
    case 0:
      return stream.slice(0, at) + random.pick(stumblingBlocks) + stream.slice(at)
    case 1:
      return stream.slice(0, at) + stream.slice(at + length)
    case 2:
      return stream.slice(0, at) + String.fromCharCode(random.below(256)) + stream.slice(at + 1)
    case 3:
      return stream.slice(0, at) + stream.slice(at, at + length).repeat(2) + stream.slice(at + length)
    case 4:
      return stream.slice(0, at)
    default:
      return stream.replace('\r\n', random.pick(['\n', '\r', '\r\n ', '\r\r\n', '']))
  }
}
