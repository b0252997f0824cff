// Decodes the encoded words of mail headers (RFC 2047, `=?utf-8?B?…?=`) in names: parsers that stem from mail still do.
// Stage: [decode]. Rare: names hold no `=?` in earnest.
import type { DecodeBudget } from '../decode-budget.js'
import { decodeBase64 } from './base64.js'
import { toUtf8 } from './charset.js'
import { decodeTransfer } from './transfer-encoding.js'

const mark = Buffer.from('=?')
/** Longest name that is looked into. */
const maxNameBytes = 8192
/** One word; white space between two words belongs to neither. */
const encodedWord = /=\?([^?\s]{1,64})\?([bq])\?([^?]*)\?=(?:\s+(?==\?))?/gi

/** @returns the name with its words decoded, or `undefined` when it has none. */
export function decodeEncodedWords(
  bytes: Uint8Array,
  start: number,
  end: number,
  budget: DecodeBudget,
): Buffer | undefined {
  const name = Buffer.from(bytes.subarray(start, Math.min(end, start + maxNameBytes)))
  if (!name.includes(mark)) return undefined
  const text = name.toString('latin1')
  const decoded = text.replace(encodedWord, (_word, charset: string, encoding: string, content: string) =>
    decodeWord(charset, encoding, content, budget),
  )
  return decoded === text ? undefined : Buffer.from(decoded, 'latin1')
}

/** @returns UTF-8, a character per byte. */
function decodeWord(charset: string, encoding: string, content: string, budget: DecodeBudget): string {
  const bytes = Buffer.from(content.replaceAll('_', encoding.toLowerCase() === 'q' ? ' ' : '_'), 'latin1')
  const plain =
    encoding.toLowerCase() === 'b'
      ? decodeBase64(bytes, 0, bytes.length, budget).bytes
      : decodeTransfer(bytes, 0, bytes.length, 'quoted-printable', budget).bytes
  // RFC 2231 lets a language follow the charset.
  const [name = ''] = charset.toLowerCase().split('*')
  const { bytes: text, start, end } = toUtf8(plain, 0, plain.length, name, budget)
  return text.toString('latin1', start, end)
}
