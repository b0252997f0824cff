// Events in which one field after the other holds everything that markup, scripts and templates could make something of.
import { eventOf } from '../../store/support/event-lines.js'

/** Each would do something if it ever were more than text: open a dialog, send a request, leave an element. */
const payloads: readonly string[] = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(2)>',
  "'><svg/onload=alert(3)>",
  '</script></pre></textarea></title><script>alert(4)</script>',
  '<iframe srcdoc="<script>parent.alert(5)</script>">',
  '<a href="javascript:alert(6)" autofocus onfocus=alert(7)>x</a>',
  '<style>@import "http://127.0.0.1:9/x";</style>',
  '<link rel=stylesheet href=http://127.0.0.1:9/y>',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a template is what it tries to be
  '{{constructor.constructor("alert(8)")()}}${alert(9)}',
  'javascript:alert(10)//',
  '\u2028\u2029\u0000\u202e<b>\ud800',
]

/** All of them in one text; begins with what most filters look for. */
export const hostileText: string = payloads.join(' ')

/** Fields that must stay what they are for an event to be an event. */
const structural: readonly string[] = ['timestamp', 'schema_version']

/** One event for each text in an event, that text hostile; then one for each object whose names are, and one with all at once. */
export function hostileEvents(): object[] {
  const template = { ...eventOf({ atMs: Date.now() }), extra: 'x' }
  const paths = textPaths(template)
  const single = paths.map((path) => replaceAt(template, path, () => hostileText))
  const all = paths.reduce<object>((event, path) => replaceAt(event, path, () => hostileText), template)
  const names = [
    ['request', 'headers'],
    ['matches', '0', 'rule', 'tags'],
  ].map((path) =>
    replaceAt(template, path, () => ({ [hostileText]: hostileText, ['__proto__x']: hostileText, type: 'xss' })),
  )
  return [...single, ...names, all]
}

function textPaths(value: unknown, path: readonly string[] = []): readonly string[][] {
  if (typeof value === 'string' || value === null) return structural.includes(path[0] ?? '') ? [] : [[...path]]
  if (typeof value !== 'object') return []
  return Object.entries(value).flatMap(([name, member]) => textPaths(member, [...path, name]))
}

function replaceAt(event: object, path: readonly string[], make: () => unknown): object {
  const copy: unknown = structuredClone(event)
  let owner: unknown = copy
  for (const name of path.slice(0, -1))
    owner = typeof owner === 'object' && owner !== null ? Reflect.get(owner, name) : owner
  if (typeof owner === 'object' && owner !== null) Reflect.set(owner, path.at(-1) ?? '', make())
  return Object(copy)
}
