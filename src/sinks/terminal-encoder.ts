// Events as short lines for a person at a terminal. What a sender wrote must not drive the terminal: control bytes are shown.
import { visible } from '../visible.js'

/** Longest line in characters, without colours: two lines of a usual terminal. */
const lineLimit = 240

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/**
 * @param lines - JSON lines of security events.
 * @returns one short line per event, in new bytes.
 */
export function encodeForTerminal(lines: Uint8Array, isColoured: boolean): Uint8Array {
  const texts = decoder.decode(lines).split('\n')
  const shown = texts.filter((text) => text !== '').map((text) => `${describeEvent(text, isColoured)}\n`)
  return encoder.encode(shown.join(''))
}

function describeEvent(line: string, isColoured: boolean): string {
  const event: unknown = JSON.parse(line)
  const request = pick(event, 'request')
  const match = pick(pick(event, 'matches'), '0')
  const rule = pick(match, 'rule')
  const condition = pick(pick(match, 'matches'), '0')
  const paint = isColoured ? colour : plain
  const query = text(pick(request, 'query'))
  const target = `${text(pick(request, 'host'))}${text(pick(request, 'path'))}${query === '' ? '' : `?${query}`}`
  const keyPath = pick(condition, 'key_path')
  const where = [text(pick(condition, 'address')), ...(Array.isArray(keyPath) ? keyPath.map(text) : [])].join('.')
  const others = pick(event, 'matches')
  const more = Array.isArray(others) && others.length > 1 ? ` (+${others.length - 1} rules)` : ''
  return [
    paint('dim', text(pick(event, 'timestamp')).slice(11, 23)),
    paint('red', clip(text(pick(event, 'outcome')), 12)),
    clip(text(pick(pick(event, 'client'), 'ip')), 45),
    paint('bold', clip(`${text(pick(request, 'method'))} ${target}`, lineLimit / 2)),
    paint('yellow', clip(`${text(pick(rule, 'id'))} ${text(pick(rule, 'name'))}${more}`, 80)),
    clip(`${where}: ${text(pick(condition, 'value'))}`, 80),
  ].join(' ')
}

const colourCodes = { dim: 2, red: 31, bold: 1, yellow: 33 } as const

function colour(name: keyof typeof colourCodes, shown: string): string {
  return `\u001b[${colourCodes[name]}m${shown}\u001b[0m`
}

function plain(_name: keyof typeof colourCodes, shown: string): string {
  return shown
}

/** Own properties only: keys are fixed here, values are a sender's. */
function pick(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  return Object.getOwnPropertyDescriptor(value, key)?.value
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function clip(shown: string, limit: number): string {
  const safe = visible(shown)
  return safe.length > limit ? `${safe.slice(0, limit - 1)}…` : safe
}
