// Decides how a body is read: by its declared media type, and by what its first bytes look like.
// Stage: [decode]. A wrong Content-Type must not be a hiding place, so both are asked and the walker weighs them.
import { byteAt, sequenceLength } from '../utf8.js'

/** How a body can be read. `binary` is what looks like no text at all. */
export type BodyKind = 'json' | 'form' | 'multipart' | 'xml' | 'text' | 'binary'

/** Bytes that sniffing looks at. */
const sampleBytes = 512

/**
 * The kind that a media type declares.
 * @param type - lower case, without parameters.
 * @returns `undefined` when the type says nothing about the syntax.
 */
export function declaredKind(type: string): BodyKind | undefined {
  if (type.includes('json')) return 'json'
  // A list of types, as proxies make of two header lines, begins with it too.
  if (type.startsWith('application/x-www-form-urlencoded')) return 'form'
  if (type.startsWith('multipart/')) return 'multipart'
  if (type.endsWith('/xml') || type.endsWith('+xml')) return 'xml'
  if (type.startsWith('text/') || type === 'application/graphql') return 'text'
  return undefined
}

/** The kind that the first bytes look like. A beginning of some syntax counts more than noise after it. */
export function sniffKind(bytes: Uint8Array, start: number, end: number): BodyKind {
  const first = skipSpace(bytes, start, end)
  const sampleEnd = Math.min(end, start + sampleBytes)
  switch (byteAt(bytes, first)) {
    case 0x7b:
    case 0x5b:
      return 'json'
    case 0x3c:
      return 'xml'
    case 0x22:
      if (looksLikeJsonString(bytes, first, end)) return 'json'
      break
    case 0x2d:
      if (looksLikeMultipart(bytes, first, sampleEnd)) return 'multipart'
      break
  }
  if (looksBinary(bytes, start, end)) return 'binary'
  return looksLikeForm(bytes, first, sampleEnd) ? 'form' : 'text'
}

/** True when the first byte may begin JSON, XML or multipart: a cheap look before `sniffKind`. */
export function beginsLikeSyntax(bytes: Uint8Array, start: number, end: number): boolean {
  const first = skipSpace(bytes, start, end)
  if (first === end) return false
  const byte = bytes[first] ?? 0
  return byte === 0x7b || byte === 0x5b || byte === 0x22 || byte === 0x3c || byte === 0x2d
}

/** First position at or after `start` that is no white space. */
export function skipSpace(bytes: Uint8Array, start: number, end: number): number {
  while (start < end && isSpace(byteAt(bytes, start))) start++
  return start
}

/** White space of all the formats here, and the record separator that JSON text sequences begin with. */
function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte === 0x1e
}

/** Control bytes and broken UTF-8 in more than one of the first bytes of eight: no text in any charset that is ASCII below 0x80. */
export function looksBinary(bytes: Uint8Array, start: number, end: number): boolean {
  let oddCount = 0
  let index = start
  end = Math.min(end, start + sampleBytes)
  while (index < end) {
    const byte = bytes[index] ?? 0
    if (byte < 0x80) {
      if (byte < 0x20 && !isSpace(byte)) oddCount++
      index++
      continue
    }
    const length = sequenceLength(bytes, index, end)
    if (length < 0) oddCount++
    index += Math.abs(length)
  }
  return oddCount * 8 > end - start
}

/** True when any stretch looks binary: what begins like a text may go on as something else (gzip's header holds a comment). */
export function holdsBinary(bytes: Uint8Array, start: number, end: number): boolean {
  for (let from = start; from < end; from += sampleBytes) if (looksBinary(bytes, from, end)) return true
  return false
}

/** A quoted string that nothing but white space follows. */
function looksLikeJsonString(bytes: Uint8Array, start: number, end: number): boolean {
  let index = end
  while (index > start && isSpace(byteAt(bytes, index - 1))) index--
  return index > start + 1 && byteAt(bytes, index - 1) === 0x22
}

/** `--boundary` alone on the first line, and a header on the second. */
function looksLikeMultipart(bytes: Uint8Array, start: number, end: number): boolean {
  const lineEnd = endOfLine(bytes, start, end)
  if (byteAt(bytes, start + 1) !== 0x2d || lineEnd - start < 3) return false
  const headerEnd = endOfLine(bytes, lineEnd + 1, end)
  for (let index = lineEnd + 1; index < headerEnd; index++) if (bytes[index] === 0x3a) return true
  return false
}

/** A name, then `=`, and no byte that a form would have escaped. */
function looksLikeForm(bytes: Uint8Array, start: number, end: number): boolean {
  let hasEquals = false
  for (let index = start; index < end; index++) {
    const byte = bytes[index] ?? 0
    if (byte === 0x3d && index > start) hasEquals = true
    if (byte <= 0x20 && !isSpace(byte)) return false
    if (byte === 0x20 && !hasEquals) return false
  }
  return hasEquals
}

function endOfLine(bytes: Uint8Array, start: number, end: number): number {
  while (start < end && bytes[start] !== 0x0a) start++
  return start
}
