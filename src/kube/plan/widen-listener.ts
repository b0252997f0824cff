// Widens a listener so that it admits one more namespace, if that can be said without shutting anybody out.
// The result is checked, not trusted: what is admitted afterwards must hold all that was admitted before.
import { isSameJson, type JsonObject, type JsonValue, objectAt, objectsAt, stringAt } from '../json/json-value.js'
import { namespaceNameLabel } from '../names.js'
import { type LabelRequirement, type Labels, matches, readSelector } from './label-selector.js'
import { admittedNamespaces, type NamespaceLabels, readNamespaces } from './listener-admission.js'

/** What can be done for a listener. */
export type Widening =
  | { readonly kind: 'admitted' }
  | { readonly kind: 'possible'; readonly namespaces: JsonObject }
  | { readonly kind: 'refused'; readonly reason: string }

/** What a widening is judged by. */
export interface WideningContext {
  readonly gatewayNamespace: string
  /** The namespace that is to be admitted. */
  readonly namespace: string
  readonly namespaces: NamespaceLabels
}

/** Plans the new `allowedRoutes.namespaces` of a listener. */
export function widenListener(listener: JsonValue, context: WideningContext): Widening {
  const { gatewayNamespace, namespace, namespaces } = context
  const before = admittedNamespaces(listener, gatewayNamespace, namespaces)
  if (before.has(namespace)) return { kind: 'admitted' }
  const draft = draftNamespaces(listener, context)
  if (typeof draft === 'string') return { kind: 'refused', reason: draft }
  const after = admittedNamespaces({ allowedRoutes: { namespaces: draft } }, gatewayNamespace, namespaces)
  const lost = [...before].filter((name) => !after.has(name))
  if (lost.length > 0) return { kind: 'refused', reason: `it would shut out ${lost.join(', ')}` }
  if (!after.has(namespace)) return { kind: 'refused', reason: `it would not admit ${namespace} for all that` }
  return { kind: 'possible', namespaces: draft }
}

/** The new value, or why there is none. */
function draftNamespaces(listener: JsonValue, context: WideningContext): JsonObject | string {
  const { from, selector } = readNamespaces(listener)
  const { gatewayNamespace, namespace } = context
  if (from === 'Same') {
    const expression = { key: namespaceNameLabel, operator: 'In', values: [gatewayNamespace, namespace] }
    return { from: 'Selector', selector: { matchExpressions: [expression] } }
  }
  if (from !== 'Selector') return `it admits namespaces "${from}", which mirrorwaf does not know`
  if (selector === undefined) return 'it says Selector and has no selector; the gateway admits nobody there'
  const draft = widenSelector(selector, namespace, context.namespaces.get(namespace) ?? {})
  return typeof draft === 'string' ? draft : { from: 'Selector', selector: draft }
}

/** Conditions are ANDed, so each one that the namespace fails has to give way; only those on its name can. */
function widenSelector(selector: JsonObject, namespace: string, labels: Labels): JsonObject | string {
  const requirements = readSelector(selector)
  if (requirements === undefined) return 'its selector has an operator that does not exist'
  const failing = requirements.filter((requirement) => !matches(labels, requirement))
  const hopeless = failing.filter(({ key, operator }) => key !== namespaceNameLabel || operator === 'DoesNotExist')
  if (hopeless.length > 0) {
    return `namespace ${namespace} fails ${hopeless.map(describeRequirement).join(' and ')}; change its labels instead`
  }
  const { [namespaceNameLabel]: onlyName, ...otherLabels } = objectAt(selector, 'matchLabels') ?? {}
  const failsByLabel = typeof onlyName === 'string' && onlyName !== namespace
  const expressions = objectsAt(selector, 'matchExpressions').flatMap((expression) =>
    widenExpression(expression, namespace),
  )
  if (failsByLabel) expressions.push({ key: namespaceNameLabel, operator: 'In', values: [onlyName, namespace] })
  const keptLabels = failsByLabel ? otherLabels : (objectAt(selector, 'matchLabels') ?? {})
  return {
    ...(Object.keys(keptLabels).length === 0 ? {} : { matchLabels: keptLabels }),
    ...(expressions.length === 0 ? {} : { matchExpressions: expressions }),
  }
}

/** One expression with the namespace let in; none when nothing of it is left. */
function widenExpression(expression: JsonObject, namespace: string): JsonObject[] {
  const values = stringsOf(expression)
  if (stringAt(expression, 'key') !== namespaceNameLabel) return [expression]
  switch (stringAt(expression, 'operator')) {
    case 'In':
      return [values.includes(namespace) ? expression : { ...expression, values: [...values, namespace] }]
    case 'NotIn': {
      const rest = values.filter((value) => value !== namespace)
      if (isSameJson(rest, values)) return [expression]
      return rest.length === 0 ? [] : [{ ...expression, values: rest }]
    }
    default:
      return [expression]
  }
}

function stringsOf(expression: JsonObject): string[] {
  const { values } = expression
  return Array.isArray(values) ? values.filter((value) => typeof value === 'string') : []
}

function describeRequirement({ key, operator, values }: LabelRequirement): string {
  return values.length === 0 ? `${key} ${operator}` : `${key} ${operator} (${values.join(', ')})`
}
