// Events as short lines for a person at a terminal. What a sender wrote must not drive the terminal: control bytes are shown.
import { listOf, recordOf, textOf } from '../json-shape.js'
import { createPaint } from '../terminal-colour.js'
import { visible } from '../visible.js'

/** Most characters of each part: a line is at most about three lines of a usual terminal. */
const partLimits = { outcome: 12, client: 45, request: 120, rule: 80, where: 80 } as const

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/**
 * @param lines - JSON lines of security events.
 * @returns one short line per event, in new bytes.
 */
export function encodeForTerminal(lines: Uint8Array, isColoured: boolean): Uint8Array {
  const texts = decoder.decode(lines).split('\n')
  const shown = texts.filter((text) => text !== '').map((text) => `${describeEvent(JSON.parse(text), isColoured)}\n`)
  return encoder.encode(shown.join(''))
}

/**
 * Lines in a machine's form, as a terminal may get them: JSON leaves DEL, the control characters above it and direction marks as
 * they are, and a terminal obeys them. As `\\uXXXX` they mean the same to a reader of JSON.
 * @returns the same lines in new bytes; what is no UTF-8 becomes U+FFFD.
 */
export function escapeForTerminal(lines: Uint8Array): Uint8Array {
  return encoder.encode(decoder.decode(lines).replace(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, escapeUnits))
}

function escapeUnits(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}

function describeEvent(event: unknown, isColoured: boolean): string {
  const { timestamp, outcome, client, request, matches } = recordOf(event)
  const { ip } = recordOf(client)
  const paint = createPaint(isColoured)
  return [
    paint('dim', textOf(timestamp).slice(11, 23)),
    paint('red', clip(textOf(outcome), partLimits.outcome)),
    clip(textOf(ip), partLimits.client),
    paint('bold', clip(describeRequest(request), partLimits.request)),
    paint('yellow', clip(describeRule(listOf(matches)), partLimits.rule)),
    clip(describeCondition(listOf(matches)[0]), partLimits.where),
  ].join(' ')
}

function describeRequest(request: unknown): string {
  const { method, host, path, query } = recordOf(request)
  const target = `${textOf(host)}${textOf(path)}`
  return `${textOf(method)} ${target}${textOf(query) === '' ? '' : `?${textOf(query)}`}`
}

function describeRule(matches: readonly unknown[]): string {
  const { rule } = recordOf(matches[0])
  const { id, name } = recordOf(rule)
  const more = matches.length > 1 ? ` (+${matches.length - 1} rules)` : ''
  return `${textOf(id)} ${textOf(name)}${more}`
}

function describeCondition(match: unknown): string {
  const { matches } = recordOf(match)
  const { address, key_path, value } = recordOf(listOf(matches)[0])
  const where = [textOf(address), ...listOf(key_path).map((key) => textOf(key))].join('.')
  return `${where}: ${textOf(value)}`
}

function clip(shown: string, limit: number): string {
  const safe = visible(shown)
  return safe.length > limit ? `${safe.slice(0, limit - 1)}…` : safe
}
