// Finds what matched in the request as it was sent: values in events are decoded, the request line is not.
import type { MatchedCondition, RequestDetail } from './api-types.js'

/** A piece of text, marked or not. */
export interface Piece {
  readonly text: string
  readonly isMarked: boolean
}

/** From and to, in characters of the text that is marked. */
export type Range = readonly [from: number, to: number]

/** The request line's target with what matched in path and query marked. */
export function markTarget(request: RequestDetail, conditions: readonly MatchedCondition[]): Piece[] {
  const { path, query } = request
  const target = query === '' ? path : `${path}?${query}`
  return cutAt(
    target,
    conditions.flatMap((condition) => rangesInTarget(condition, path, query, target)),
  )
}

/** A header's value with what matched in it marked. */
export function markHeader(name: string, value: string, conditions: readonly MatchedCondition[]): Piece[] {
  const own = conditions.filter(
    ({ address, keyPath }) => address.startsWith('server.request.headers') && keyPath[0] === name,
  )
  return cutAt(
    value,
    own.flatMap((condition) => rangesIn(value, condition.highlight, { hasPercents: false })),
  )
}

/** The matched value itself, as the rule saw it, with what matched marked. */
export function markValue({ value, highlight }: MatchedCondition): Piece[] {
  return cutAt(value, rangesIn(value, highlight, { hasPercents: false }))
}

/** Cuts a text into pieces; ranges may overlap and come in any order. */
export function cutAt(text: string, ranges: readonly Range[]): Piece[] {
  const pieces: Piece[] = []
  let end = 0
  for (const [from, to] of ranges.toSorted(([a], [b]) => a - b)) {
    const start = Math.max(end, from)
    if (to <= start) continue
    if (start > end) pieces.push({ text: text.slice(end, start), isMarked: false })
    pieces.push({ text: text.slice(start, to), isMarked: true })
    end = to
  }
  if (end < text.length) pieces.push({ text: text.slice(end), isMarked: false })
  return pieces
}

function rangesInTarget(condition: MatchedCondition, path: string, query: string, target: string): Range[] {
  const { address, keyPath, highlight } = condition
  switch (address) {
    case 'server.request.query':
      return shift(rangesInQuery(query, keyPath[0] ?? '', highlight), path.length + 1)
    case 'server.request.path_params':
      return rangesIn(path, highlight, { hasPercents: true })
    case 'server.request.uri.raw':
      return rangesIn(target, highlight, { hasPercents: true })
    default:
      return []
  }
}

/** In the pairs that have the name; a whole value when what matched is not found in it (a transformer changed it). */
function rangesInQuery(query: string, name: string, highlight: readonly string[]): Range[] {
  const ranges: Range[] = []
  let start = 0
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=')
    const valueStart = equals < 0 ? pair.length : equals + 1
    const pairName = equals < 0 ? pair : pair.slice(0, equals)
    if (decode(pairName).text === toBytes(name)) {
      const value = pair.slice(valueStart)
      ranges.push(...shift(rangesIn(value, highlight, { hasPercents: true }), start + valueStart))
    }
    start += pair.length + 1
  }
  return ranges
}

function rangesIn(text: string, highlight: readonly string[], { hasPercents }: { hasPercents: boolean }): Range[] {
  if (text === '') return []
  const found = highlight.flatMap((part) => {
    const range = hasPercents ? findEncoded(text, part) : findPlain(text, part)
    return range === undefined ? [] : [range]
  })
  return found.length > 0 ? found : [[0, text.length]]
}

function findPlain(text: string, part: string): Range | undefined {
  const from = lower(text).indexOf(lower(part))
  return part === '' || from < 0 ? undefined : [from, from + part.length]
}

/** Finds decoded text in text that is percent-encoded. */
function findEncoded(text: string, part: string): Range | undefined {
  const { text: bytes, starts } = decode(text)
  const wanted = lower(toBytes(part))
  const from = lower(bytes).indexOf(wanted)
  if (wanted === '' || from < 0) return undefined
  return [starts[from] ?? 0, starts[from + wanted.length] ?? text.length]
}

/** Bytes as characters 0 to 255, and where in the text each of them starts. */
function decode(text: string): { readonly text: string; readonly starts: readonly number[] } {
  const starts: number[] = []
  let bytes = ''
  for (let index = 0; index < text.length; ) {
    const hex = /^%([0-9a-f]{2})/i.exec(text.slice(index, index + 3))?.[1]
    const character = String.fromCodePoint(text.codePointAt(index) ?? 0)
    const decoded = hex !== undefined ? String.fromCharCode(Number.parseInt(hex, 16)) : plainBytes(character)
    for (const byte of decoded) {
      starts.push(index)
      bytes += byte
    }
    index += hex === undefined ? character.length : 3
  }
  return { text: bytes, starts }
}

function plainBytes(character: string): string {
  return character === '+' ? ' ' : toBytes(character)
}

function toBytes(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text))
}

/** ASCII letters only, so that lengths stay what they are. */
function lower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

function shift(ranges: readonly Range[], by: number): Range[] {
  return ranges.map(([from, to]) => [from + by, to + by])
}
