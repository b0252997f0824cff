// Careful steps into YAML documents of unknown shape.

/** A member of a mapping; `undefined` when it is not one, or has none. */
export function member(value: unknown, ...names: readonly string[]): unknown {
  let found = value
  for (const name of names) found = isMapping(found) ? found[name] : undefined
  return found
}

/** The items of a list; none when it is no list. */
export function items(value: unknown, ...names: readonly string[]): readonly unknown[] {
  const found = member(value, ...names)
  return Array.isArray(found) ? found : []
}

/** A text, or empty. */
export function textOf(value: unknown, ...names: readonly string[]): string {
  const found = member(value, ...names)
  return typeof found === 'string' ? found : ''
}

/** Deeper documents are not followed. */
const depthLimit = 64

/** All mappings in a document that have a member of this name, outermost first. */
export function withMember(value: unknown, name: string, depth = 0): readonly object[] {
  if (typeof value !== 'object' || value === null || depth > depthLimit) return []
  const own = isMapping(value) && value[name] !== undefined ? [value] : []
  return [...own, ...Object.values(value).flatMap((inner) => withMember(inner, name, depth + 1))]
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
