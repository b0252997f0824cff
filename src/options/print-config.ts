// Renders resolved options as a configuration file with the source of each value; it can be given back with --config.
import { withoutSecrets } from '../without-secrets.js'
import { fieldsOf, type OptionSpec, type OptionTable } from './option-spec.js'
import type { Resolved } from './resolve.js'

/**
 * YAML text; options that only the environment sets are comments. Nothing in it is secret: keys are paths, not contents, and what
 * URLs hold beside their place is left out.
 */
export function renderConfig<T extends object>(table: OptionTable<T>, resolved: Resolved<T>): string {
  const lines = fieldsOf(table).map((field) =>
    renderField(table[field], resolved.options[field], oneLine(resolved.origins.get(field) ?? 'default')),
  )
  return `${lines.join('\n')}\n`
}

function renderField<T>(spec: OptionSpec<T>, value: T, origin: string): string {
  const texts = spec.kind.show(value).map(withoutSecrets)
  if (spec.flag === undefined) return `# ${spec.datadog}: ${texts.join(',')} # ${origin}`
  if (spec.kind.arity !== 'list') return `${spec.flag}: ${quote(texts[0] ?? '')} # ${origin}`
  if (texts.length === 0) return `${spec.flag}: [] # ${origin}`
  return [`${spec.flag}: # ${origin}`, ...texts.map((text) => `  - ${quote(text)}`)].join('\n')
}

/** Plain where YAML reads it back as the same text for sure; a JSON string is YAML too. */
function quote(text: string): string {
  return /^[a-z0-9][a-z0-9._/-]*$/i.test(text) && !/^(null|~)$/i.test(text) ? text : JSON.stringify(text)
}

/** A file name may hold a line break; a comment may not. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ')
}
