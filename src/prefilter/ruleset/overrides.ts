// rules_override as far as it switches rules on or off. Where the engine's order could be read in two ways a rule counts as
// switched on: an extra rule costs the prefilter precision, a missing one costs a verdict.
import { isRecord, type JsonRecord, listOf, recordOf } from '../../json-shape.js'

/** One override that sets `enabled`. */
export interface RuleSwitch {
  readonly isEnabled: boolean
  readonly ids: ReadonlySet<unknown>
  /** Tag sets, each of which selects rules that have them all. */
  readonly tagSets: readonly JsonRecord[]
  /** An override without targets, or with one of unknown shape, may concern every rule. */
  readonly isForAll: boolean
}

/** The overrides of all documents that switch rules. */
export function readSwitches(documents: readonly JsonRecord[]): RuleSwitch[] {
  const switches: RuleSwitch[] = []
  for (const override of documents.flatMap((document) => listOf(document['rules_override']).map(recordOf))) {
    if (typeof override['enabled'] === 'boolean') switches.push(readSwitch(override, override['enabled']))
  }
  return switches
}

/**
 * Whether a rule may be enabled: by an override by id, else by one by tags, else by itself.
 * @param isBaseRule - overrides do not reach custom rules.
 */
export function mayBeEnabled(rule: JsonRecord, isBaseRule: boolean, switches: readonly RuleSwitch[]): boolean {
  const isEnabled = rule['enabled'] !== false
  if (!isBaseRule) return isEnabled
  const byId = switches.filter(({ ids }) => ids.has(rule['id']))
  if (byId.length > 0) return byId.some((each) => each.isEnabled)
  const byTags = switches.filter(({ tagSets }) => tagSets.some((tags) => hasTags(rule, tags)))
  const unclear = switches.filter(({ isForAll }) => isForAll)
  if (byTags.length === 0) return isEnabled || unclear.some((each) => each.isEnabled)
  return [...byTags, ...unclear].some((each) => each.isEnabled)
}

function readSwitch(override: JsonRecord, isEnabled: boolean): RuleSwitch {
  const targets = listOf(override['rules_target'])
  const ids = new Set<unknown>()
  const tagSets: JsonRecord[] = []
  let isForAll = false
  if (typeof override['id'] === 'string') ids.add(override['id'])
  for (const target of targets) {
    const { rule_id: ruleId, tags } = recordOf(target)
    if (typeof ruleId === 'string') ids.add(ruleId)
    else if (isRecord(tags)) tagSets.push(tags)
    else isForAll = true
  }
  return { isEnabled, ids, tagSets, isForAll: isForAll || (targets.length === 0 && ids.size === 0) }
}

function hasTags(rule: JsonRecord, wanted: JsonRecord): boolean {
  const tags = recordOf(rule['tags'])
  return Object.entries(wanted).every(([name, value]) => tags[name] === value)
}
