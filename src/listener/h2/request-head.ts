// Turns the fields of an HTTP/2 head into the head that the same request would have in HTTP/1, within the limits.
import type { ParseError } from '../../batch/record-layout.js'
import type { ParserLimits } from '../../parser/limits.js'

/** A head as a record takes it; latin1 text, one character a byte. */
export interface RequestHead {
  readonly method: string
  readonly target: string
  /** Names and values in turn; `:authority` leads as `host`. */
  readonly fields: readonly string[]
  readonly parseError: ParseError
  /** A limit kept part of the head from the record. */
  readonly isCut: boolean
}

/** What a field costs beside its name and value: colon, space and line end. */
const fieldOverheadBytes = 4

/**
 * @param rawFields - names and values in turn, as node:http2 gives them: pseudo headers first.
 * Fields beyond the limit on their number become the value of one nameless header, as in HTTP/1: they are inspected. What is
 * beyond the limit on bytes is cut off.
 */
export function readRequestHead(rawFields: readonly string[], limits: ParserLimits): RequestHead {
  const pseudo = { method: '', path: '', authority: '' }
  let start = 0
  while (rawFields[start]?.startsWith(':') === true) {
    notePseudo(pseudo, rawFields[start] ?? '', rawFields[start + 1] ?? '')
    start += 2
  }
  // CONNECT alone has no path (RFC 9113 8.5); in HTTP/1 the authority is its target.
  const wholeTarget = pseudo.path === '' ? pseudo.authority : pseudo.path
  const room = limits.headLimitBytes - pseudo.method.length - 1
  const method = room < 0 ? pseudo.method.slice(0, limits.headLimitBytes - 1) : pseudo.method
  const target = wholeTarget.slice(0, Math.max(0, room))
  const fields = new FieldList(Math.max(0, room - target.length), limits.headerLimitCount)
  if (pseudo.authority !== '') fields.add('host', pseudo.authority)
  for (let index = start; index + 1 < rawFields.length; index += 2) {
    fields.add(rawFields[index] ?? '', rawFields[index + 1] ?? '')
  }
  const isCut = fields.isCut || target.length < wholeTarget.length || method.length < pseudo.method.length
  return { method, target, fields: fields.pairs, parseError: faultOf(wholeTarget, isCut, fields, limits), isCut }
}

/** Collects fields up to the limits. */
class FieldList {
  readonly pairs: string[] = []
  isCut = false
  isTooMany = false
  readonly #limitCount: number
  #room: number
  /** Where in `pairs` the value of the joined cookies stands. */
  #cookieAt = -1

  constructor(room: number, limitCount: number) {
    this.#room = room
    this.#limitCount = limitCount
  }

  add(name: string, value: string): void {
    // A cookie may come in crumbs; they are one header (RFC 9113 8.2.3).
    if (name === 'cookie' && this.#cookieAt >= 0) this.#append(this.#cookieAt, `; ${value}`)
    else if (this.pairs.length < this.#limitCount * 2) this.#push(name, value)
    else this.#overflow(`${name}: ${value}`)
  }

  #push(name: string, value: string): void {
    if (this.#room < fieldOverheadBytes + name.length) {
      this.isCut = true
      return
    }
    this.#room -= fieldOverheadBytes + name.length
    this.pairs.push(name, '')
    if (name === 'cookie') this.#cookieAt = this.pairs.length - 1
    this.#append(this.pairs.length - 1, value)
  }

  #overflow(line: string): void {
    if (this.isTooMany) this.#append(this.pairs.length - 1, `\r\n${line}`)
    else this.#push('', line)
    this.isTooMany = true
  }

  #append(at: number, text: string): void {
    const kept = text.slice(0, this.#room)
    if (kept.length < text.length) this.isCut = true
    this.#room -= kept.length
    this.pairs[at] += kept
  }
}

function notePseudo(pseudo: { method: string; path: string; authority: string }, name: string, value: string): void {
  if (name === ':method') pseudo.method = value
  else if (name === ':path') pseudo.path = value
  else if (name === ':authority') pseudo.authority = value
}

function faultOf(target: string, isCut: boolean, fields: FieldList, limits: ParserLimits): ParseError {
  if (target.length > limits.targetLimitBytes) return 'target_too_large'
  if (fields.isTooMany) return 'too_many_headers'
  return isCut ? 'head_too_large' : 'none'
}
