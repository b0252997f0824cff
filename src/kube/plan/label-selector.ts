// Label selectors: the text form of `--selector`, and the object form inside a Gateway's allowedRoutes.
import { arrayAt, type JsonObject, stringAt, stringMapAt } from '../json/json-value.js'

/** One condition on labels; all conditions of a selector must hold. */
export interface LabelRequirement {
  readonly key: string
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'
  readonly values: readonly string[]
}

/** Labels of an object by name. */
export type Labels = Readonly<Record<string, string | undefined>>

/** Whether labels fulfil every requirement; no requirement admits all. As in Kubernetes, NotIn admits an absent label. */
export function matchesAll(labels: Labels, requirements: readonly LabelRequirement[]): boolean {
  return requirements.every((requirement) => matches(labels, requirement))
}

/** Whether labels fulfil one requirement. */
export function matches(labels: Labels, { key, operator, values }: LabelRequirement): boolean {
  const value = labels[key]
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    default:
      return assertNever(operator)
  }
}

/**
 * Reads a selector as kubectl writes it: `a=b,c!=d,e in (f,g),h notin (i),j,!k`.
 * @returns `undefined` when the text is no selector. An empty text selects all.
 */
export function parseSelector(text: string): readonly LabelRequirement[] | undefined {
  const requirements: LabelRequirement[] = []
  for (const part of splitOutsideParentheses(text)) {
    const requirement = parseRequirement(part.trim())
    if (requirement === undefined) return undefined
    requirements.push(requirement)
  }
  return requirements
}

/** Reads `matchLabels` and `matchExpressions`; `undefined` when it has an operator that does not exist. */
export function readSelector(selector: JsonObject): readonly LabelRequirement[] | undefined {
  const requirements: LabelRequirement[] = Object.entries(stringMapAt(selector, 'matchLabels')).map(([key, value]) => ({
    key,
    operator: 'In',
    values: [value],
  }))
  for (const expression of arrayAt(selector, 'matchExpressions')) {
    const operator = operators.find((known) => known === stringAt(expression, 'operator'))
    if (operator === undefined) return undefined
    const values = arrayAt(expression, 'values').flatMap((value) => (typeof value === 'string' ? [value] : []))
    requirements.push({ key: stringAt(expression, 'key') ?? '', operator, values })
  }
  return requirements
}

const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist'] as const
/** A label's name with its optional prefix, and a label's value, as the API server checks them. */
const keyPattern = String.raw`(?:[a-z0-9.-]{1,253}/)?[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?`
const valuePattern = String.raw`(?:[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?)?`
const equality = new RegExp(`^(${keyPattern})\\s*(==?|!=)\\s*(${valuePattern})$`)
const setMembership = new RegExp(`^(${keyPattern})\\s+(in|notin)\\s*\\(([^()]*)\\)$`)
const existence = new RegExp(`^(!?)\\s*(${keyPattern})$`)
const value = new RegExp(`^${valuePattern}$`)

function splitOutsideParentheses(text: string): string[] {
  return text.trim() === '' ? [] : text.split(/,(?![^(]*\))/)
}

function parseRequirement(text: string): LabelRequirement | undefined {
  const [, equalKey, sign, equalValue] = equality.exec(text) ?? []
  if (equalKey !== undefined && equalValue !== undefined) {
    return { key: equalKey, operator: sign === '!=' ? 'NotIn' : 'In', values: [equalValue] }
  }
  const [, setKey, word, list] = setMembership.exec(text) ?? []
  if (setKey !== undefined && list !== undefined) {
    const values = list.split(',').map((item) => item.trim())
    if (!values.every((item) => value.test(item))) return undefined
    return { key: setKey, operator: word === 'in' ? 'In' : 'NotIn', values }
  }
  const [, bang, key] = existence.exec(text) ?? []
  if (key === undefined) return undefined
  return { key, operator: bang === '!' ? 'DoesNotExist' : 'Exists', values: [] }
}

function assertNever(operator: never): never {
  throw new RangeError(`no such operator: ${String(operator)}`)
}
