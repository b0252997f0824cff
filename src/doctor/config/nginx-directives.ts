// Reads an nginx configuration with its includes into directives. Everything is bounded: a configuration is not trusted to end.
import { readdir } from 'node:fs/promises'
import { basename, dirname, isAbsolute, resolve } from 'node:path'
import { MirrorwafError, reasonOf } from '../../errors.js'
import { type NginxToken, tokenizeNginx } from './nginx-tokens.js'
import { readBoundedText } from './read-bounded-text.js'

export interface Directive {
  readonly name: string
  readonly args: readonly string[]
  /** `FILE:LINE`. */
  readonly place: string
  /** `undefined` for a simple directive. */
  readonly block: readonly Directive[] | undefined
}

/** Blocks in blocks; real configurations have four. */
const depthLimit = 32
/** Files of one configuration, the same one counted each time it is included. */
export const fileLimit = 200

/**
 * Reads a file and what it includes; `include` stands for the directives of its files. Relative paths begin at the folder of
 * the first file, as in nginx without `-p`.
 * @throws MirrorwafError `MWAF_DOCTOR_CONFIG`.
 */
export async function readNginxConfig(path: string): Promise<readonly Directive[]> {
  return new Reader(dirname(resolve(path))).readFile(path)
}

class Reader {
  readonly #folder: string
  #fileCount = 0

  constructor(folder: string) {
    this.#folder = folder
  }

  async readFile(path: string, depth = 0): Promise<readonly Directive[]> {
    this.#fileCount += 1
    if (this.#fileCount > fileLimit) throw configFault(path, `more than ${fileLimit} files are included`)
    const tokens = tokenizeNginx(await readBoundedText(path))
    if (!isTokens(tokens)) throw configFault(`${path}:${tokens.line}`, tokens.reason)
    const cursor = { tokens, position: 0 }
    const directives = await this.#readBlock(path, cursor, depth)
    const extra = cursor.tokens[cursor.position]
    if (extra !== undefined) throw configFault(`${path}:${extra.line}`, 'a } closes nothing')
    return directives
  }

  /** Reads up to the } of this block or the end of the file; the } is left to the caller. */
  async #readBlock(path: string, cursor: Cursor, depth: number): Promise<readonly Directive[]> {
    if (depth > depthLimit) throw configFault(path, `blocks are nested deeper than ${depthLimit}`)
    const directives: Directive[] = []
    for (;;) {
      const token = cursor.tokens[cursor.position]
      if (token === undefined || token.kind === '}') return directives
      const words = takeWords(cursor)
      const place = `${path}:${token.line}`
      const end = cursor.tokens[cursor.position]
      cursor.position += 1
      const [name = '', ...args] = words
      if (name === '' || end === undefined || end.kind === '}')
        throw configFault(place, 'a directive does not end with ;')
      if (end.kind === ';') {
        if (name === 'include') directives.push(...(await this.#include(args[0] ?? '', place, depth)))
        else directives.push({ name, args, place, block: undefined })
        continue
      }
      const block = await this.#readBlock(path, cursor, depth + 1)
      if (cursor.tokens[cursor.position]?.kind !== '}') throw configFault(place, 'this block is not closed')
      cursor.position += 1
      directives.push({ name, args, place, block })
    }
  }

  async #include(pattern: string, place: string, depth: number): Promise<readonly Directive[]> {
    const target = isAbsolute(pattern) ? pattern : resolve(this.#folder, pattern)
    const directives: Directive[] = []
    for (const file of await expand(target, place)) directives.push(...(await this.readFile(file, depth + 1)))
    return directives
  }
}

interface Cursor {
  readonly tokens: readonly NginxToken[]
  position: number
}

function takeWords(cursor: Cursor): readonly string[] {
  const words: string[] = []
  for (;;) {
    const token = cursor.tokens[cursor.position]
    if (token?.kind !== 'word') return words
    words.push(token.text)
    cursor.position += 1
  }
}

/** Wildcards in the last part of a path, as in `sites-enabled/*`; a pattern without files is no fault, a missing file is. */
async function expand(target: string, place: string): Promise<readonly string[]> {
  if (!/[*?]/.test(target)) return [target]
  const folder = dirname(target)
  if (/[*?]/.test(folder)) throw configFault(place, `wildcards in folders are not followed: ${target}`)
  const pattern = basename(target)
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  const matcher = new RegExp(`^${pattern}$`)
  try {
    return (await readdir(folder))
      .filter((name) => matcher.test(name) && !name.startsWith('.'))
      .sort()
      .map((name) => resolve(folder, name))
  } catch (thrown) {
    throw configFault(place, `cannot list ${folder}: ${reasonOf(thrown)}`)
  }
}

function isTokens(read: ReturnType<typeof tokenizeNginx>): read is readonly NginxToken[] {
  return Array.isArray(read)
}

function configFault(path: string, reason: string): MirrorwafError {
  return new MirrorwafError('MWAF_DOCTOR_CONFIG', { path, reason })
}
