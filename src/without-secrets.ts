// How the value of an option is shown to people: in --print-config, in messages, in labels. A URL may hold a user name, a password,
// or a token in its query; all of them are left out, whatever the option. What runs keeps the whole value.

const leftOut = '<Redacted>'

/** Options of `--events` targets that stand behind a URL's own query: words, sizes and paths of files, never secrets. */
export const targetOptions: ReadonlySet<string> = new Set([
  ...['format', 'severity', 'types', 'sample', 'rate', 'timeout', 'gzip', 'ca', 'cert', 'cert-key', 'key-file'],
  ...['header-file', 'facility', 'key', 'tls', 'sasl', 'user', 'password-file', 'metrics', 'interval'],
])

/** @returns the text as it is unless there is a URL in it. */
export function withoutSecrets(text: string): string {
  if (!text.includes('//')) return text
  const mark = text.lastIndexOf('?')
  const hasOptions =
    mark >= 0 &&
    text
      .slice(mark + 1)
      .split('&')
      .every(isTargetOption)
  const url = hasOptions ? text.slice(0, mark) : text
  // To the last "@": a password may hold anything, and a value that is refused is shown too.
  const place = url.replace(/\/\/.*@/s, `//${leftOut}@`)
  const query = place.indexOf('?')
  const shown = query < 0 ? place : place.slice(0, query) + withoutValues(place.slice(query))
  return shown + (hasOptions ? text.slice(mark) : '')
}

function isTargetOption(pair: string): boolean {
  const equals = pair.indexOf('=')
  return equals > 0 && targetOptions.has(pair.slice(0, equals))
}

/** Names tell a reader which parameter it is. One without a value may be the secret itself. */
function withoutValues(query: string): string {
  return query.replace(/([?&])([^?&#=]*)(=?)[^?&#]*/g, (_whole, before: string, name: string, equals: string) =>
    equals === '' ? `${before}${name === '' ? '' : leftOut}` : `${before}${name}=${leftOut}`,
  )
}
