// The kinds of a line or two: counts, ratios, choices, switches, file modes and plain texts.
import type { ValueKind } from './option-kind.js'

/** A whole number; both bounds are accepted. `unit` is what it counts, for the reader. */
export function count(min: number, max: number, unit = ''): ValueKind<number> {
  const isInBounds = (value: number): boolean => Number.isInteger(value) && value >= min && value <= max
  return {
    placeholder: 'N',
    accepted: `a whole number${unit === '' ? '' : ` of ${unit}`}, ${min} to ${max}`,
    parse: (text) => (/^\d{1,15}$/.test(text) && isInBounds(Number(text)) ? Number(text) : undefined),
    format: String,
    check: (value) => (typeof value === 'number' && isInBounds(value) ? value : undefined),
  }
}

/** A share, 0 to 1. */
export const ratio: ValueKind<number> = {
  placeholder: 'RATIO',
  accepted: 'a number, 0 to 1',
  parse: (text) => (/^(?:\d+\.?\d*|\.\d+)(?:e-\d{1,2})?$/i.test(text) && Number(text) <= 1 ? Number(text) : undefined),
  format: String,
  check: (value) => (typeof value === 'number' && value >= 0 && value <= 1 ? value : undefined),
}

/** One of some words. */
export function choice<T extends string>(...words: readonly T[]): ValueKind<T> {
  const find = (value: unknown): T | undefined => words.find((word) => word === value)
  return { placeholder: words.join('|'), accepted: orList(words), parse: find, format: (value) => value, check: find }
}

/** True or false. The spellings are those of Go's ParseBool, which the Datadog variables use, with yes/no and on/off. */
export const yesOrNo: ValueKind<boolean> = {
  placeholder: '',
  accepted: 'true, false, 1, 0, yes, no, on or off',
  parse: (text) => {
    const word = text.toLowerCase()
    if (['true', 't', '1', 'yes', 'on'].includes(word)) return true
    return ['false', 'f', '0', 'no', 'off'].includes(word) ? false : undefined
  },
  format: String,
  check: (value) => (typeof value === 'boolean' ? value : undefined),
}

/** Permission bits of a file, in octal; a program gives the number itself. */
export const fileMode: ValueKind<number> = {
  placeholder: 'MODE',
  accepted: 'an octal file mode, 0 to 0777',
  parse: (text) => (/^(?:0o)?0*[0-7]{1,3}$/i.test(text) ? Number.parseInt(text.replace(/^0o/i, ''), 8) : undefined),
  format: (value) => `0${value.toString(8)}`,
  check: (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0o777 ? value : undefined,
}

/** Any text that passes `isAccepted`; NUL bytes never do: no file name or header holds one. */
export function text(
  placeholder: string,
  accepted: string,
  isAccepted: (value: string) => boolean = () => true,
): ValueKind<string> {
  const check = (value: unknown): string | undefined =>
    typeof value === 'string' && !value.includes('\0') && isAccepted(value) ? value : undefined
  return { placeholder, accepted, parse: check, format: (value) => value, check }
}

/** A path that must be given. */
export const filePath: ValueKind<string> = text('FILE', 'the path of a file', (value) => value !== '')

/** A path, or nothing. */
export const optionalFilePath: ValueKind<string> = text('FILE', 'the path of a file; empty = none')

/** A header name (RFC 9110 token) in lower case, or nothing. */
export const optionalHeaderName: ValueKind<string> = {
  ...text('NAME', 'a header name; empty = none'),
  parse: (value) => (/^[!#$%&'*+.^_`|~0-9a-z-]*$/i.test(value) ? value.toLowerCase() : undefined),
  check: (value) => (typeof value === 'string' ? optionalHeaderName.parse(value) : undefined),
}

/** A place in a body: names between dots, `[3]` or `[*]` for items of a list, `*` for any name. */
export const jsonPath: ValueKind<string> = text(
  'PATH,...',
  'names between dots, [3] or [*] for items of a list, * for any name',
  (value) => /^(?:\$\.?)?(?:[^\s.[\]]+|\[(?:\d+|\*)\])(?:\.[^\s.[\]]+|\[(?:\d+|\*)\])*$/.test(value),
)

/** Where events go, by the look of it; `sinks/parse-sink-spec.ts` judges it and knows what was meant. */
export const eventTarget: ValueKind<string> = text(
  'TARGET',
  'stdout, file:PATH, http:URL, syslog:HOST:PORT, kafka:HOST:PORT/TOPIC, otlp:URL, datadog, datadog:URL or none; options follow a ?',
  (value) => value !== '',
)

/** A host name as a browser sends it, in lower case, without a port. */
export const hostName: ValueKind<string> = {
  ...text('NAME', 'a host name without a port'),
  parse: (value) => (/^[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?$/i.test(value) ? value.toLowerCase() : undefined),
  check: (value) => (typeof value === 'string' ? hostName.parse(value) : undefined),
}

function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}
