// Explains a ruleset to an operator: what the engine loaded, refused and skipped, and which loaded rules can never fire
// on a mirrored request. Runs in commands only, never on the path of a request.
import { type JsonRecord, listOf, recordOf, textOf } from '../json-shape.js'
import { requestAddresses } from '../request/value-visitor.js'
import { engineName, engineVersion, reportRuleset } from './ddwaf.js'
import { countLoadedRules, type DocumentReport, type ItemFault, rulesVersionOf } from './ddwaf-report.js'
import { parseRulesetDocument, type RulesetSource } from './ruleset.js'
import { itemsOf, ruleSections } from './ruleset-sections.js'

/** One rule and why it is listed. */
export interface RuleNote {
  readonly id: string
  readonly name: string
  readonly reason: string
}

/** Everything `mirrorwaf rules` tells. The four lists of rules do not overlap. */
export interface RulesetDiagnostics {
  readonly engine: { readonly name: string; readonly version: string }
  /** Empty when no file states one. */
  readonly rulesVersion: string
  /** Rules the engine holds, disabled and inert ones included. */
  readonly loadedCount: number
  /** Loaded rules that can raise an event on a mirrored request. */
  readonly activeCount: number
  /** Each file as the engine took it. */
  readonly documents: readonly DocumentReport[]
  /** Rules for another engine version; the engine leaves them out. */
  readonly skipped: readonly RuleNote[]
  /** Rules switched off in a file or by an override. */
  readonly disabled: readonly RuleNote[]
  /** Rules with a condition that no mirrored request can meet. */
  readonly neverFiring: readonly RuleNote[]
  /** Rules that match but only set attributes, so they raise no event. */
  readonly attributesOnly: readonly RuleNote[]
}

/**
 * Gives the ruleset to an engine and explains the result; also where `createEngine` would refuse it.
 * @throws MirrorwafError `MWAF_ENGINE_LOAD`.
 */
export function diagnoseRuleset(source: RulesetSource): RulesetDiagnostics {
  const documents = reportRuleset(source)
  const parsed = source.documents.map(parseRulesetDocument)
  const version = engineVersion()
  const notes = classifyRules(parsed, loadedIds(documents))
  const loadedCount = countLoadedRules(documents)
  return {
    engine: { name: engineName, version },
    rulesVersion: rulesVersionOf(documents),
    loadedCount,
    activeCount: loadedCount - notes.disabled.length - notes.neverFiring.length - notes.attributesOnly.length,
    documents,
    skipped: explainSkipped(parsed, documents, version),
    ...notes,
  }
}

/** Items of rule sections that the engine refused, over all files. */
export function failedRules(documents: readonly DocumentReport[]): readonly ItemFault[] {
  return documents.flatMap(({ sections }) => sections.filter(isRuleSection).flatMap(({ failed }) => failed))
}

interface RuleClasses {
  readonly disabled: RuleNote[]
  readonly neverFiring: RuleNote[]
  readonly attributesOnly: RuleNote[]
}

function classifyRules(documents: readonly JsonRecord[], loaded: ReadonlySet<string>): RuleClasses {
  const classes: RuleClasses = { disabled: [], neverFiring: [], attributesOnly: [] }
  const overrides = itemsOf(documents, ['rules_override'])
  const fed = findFedAddresses(documents)
  const dataIds = findDataIds(documents)
  for (const rule of itemsOf(documents, ruleSections)) {
    const { id, output } = rule
    if (!loaded.has(textOf(id))) continue
    const disabledReason = explainDisabled(rule, overrides)
    if (disabledReason !== undefined) {
      classes.disabled.push(toNote(rule, disabledReason))
      continue
    }
    const inertReason = explainInert(rule, fed, dataIds)
    if (inertReason !== undefined) classes.neverFiring.push(toNote(rule, inertReason))
    else if (isSilent(output)) {
      classes.attributesOnly.push(toNote(rule, 'sets attributes and raises no event'))
    }
  }
  return classes
}

function isSilent(output: unknown): boolean {
  const { event } = recordOf(output)
  return event === false
}

/** Overrides by id weigh more than those by tags, and a later one more than an earlier (libddwaf). */
function explainDisabled(rule: JsonRecord, overrides: readonly JsonRecord[]): string | undefined {
  const { enabled: isEnabled } = rule
  let reason = isEnabled === false ? 'disabled in its file' : undefined
  for (const isById of [false, true]) {
    for (const override of overrides) {
      const { enabled, rules_target } = override
      if (typeof enabled !== 'boolean' || !listOf(rules_target).some((target) => isTarget(rule, target, isById)))
        continue
      reason = enabled ? undefined : 'disabled by rules_override'
    }
  }
  return reason
}

function isTarget(rule: JsonRecord, target: unknown, isById: boolean): boolean {
  const { id, tags: ownTags } = rule
  const { rule_id, tags } = recordOf(target)
  if (rule_id !== undefined) return isById && rule_id === id
  const wanted = Object.entries(recordOf(tags))
  const own = recordOf(ownTags)
  return !isById && wanted.length > 0 && wanted.every(([name, tag]) => own[name] === tag)
}

/** Conditions must all be met, negated ones need data too: one that cannot be met makes the rule inert. */
function explainInert(rule: JsonRecord, fed: ReadonlySet<string>, dataIds: ReadonlySet<string>): string | undefined {
  const { conditions } = rule
  for (const condition of listOf(conditions).map(recordOf)) {
    const { parameters } = condition
    const missing = Object.values(recordOf(parameters)).find((value) => isStarved(value, fed))
    if (missing !== undefined) return `needs ${addressesIn(missing).join(' or ')}, which no mirrored request carries`
    const { data, list } = recordOf(parameters)
    if (typeof data === 'string' && list === undefined && !dataIds.has(data)) {
      return `looks values up in ${data}, for which no file gives rules_data`
    }
  }
  return undefined
}

/** A list of addresses (`inputs`, a detector's `resource`, `params`...) of which none is ever fed. */
function isStarved(value: unknown, fed: ReadonlySet<string>): boolean {
  const addresses = addressesIn(value)
  return addresses.length > 0 && !addresses.some((address) => fed.has(address))
}

function addressesIn(value: unknown): string[] {
  const addresses = listOf(value).map((input) => {
    const { address } = recordOf(input)
    return textOf(address)
  })
  return [...new Set(addresses)].filter((address) => address !== '')
}

/** What decoders feed, and what preprocessors make of that for rules (`server.request.jwt`). */
function findFedAddresses(documents: readonly JsonRecord[]): Set<string> {
  const fed = new Set<string>(requestAddresses)
  for (const { evaluate, parameters } of itemsOf(documents, ['processors'])) {
    if (evaluate !== true) continue
    const { mappings } = recordOf(parameters)
    for (const { output, ...inputs } of listOf(mappings).map(recordOf)) {
      if (Object.values(inputs).some((input) => addressesIn(input).some((address) => fed.has(address)))) {
        fed.add(textOf(output))
      }
    }
  }
  return fed
}

function findDataIds(documents: readonly JsonRecord[]): Set<string> {
  const filled = itemsOf(documents, ['rules_data']).filter(({ data }) => listOf(data).length > 0)
  return new Set(filled.map(({ id }) => textOf(id)))
}

function explainSkipped(
  documents: readonly JsonRecord[],
  reports: readonly DocumentReport[],
  version: string,
): RuleNote[] {
  const skippedIds = new Set(
    reports.flatMap(({ sections }) => sections.filter(isRuleSection).flatMap((s) => s.skipped)),
  )
  const rules = itemsOf(documents, ruleSections).filter(({ id }) => skippedIds.has(textOf(id)))
  return rules.map((rule) => toNote(rule, explainVersion(rule, version)))
}

function explainVersion(rule: JsonRecord, version: string): string {
  const { min_version, max_version } = rule
  if (typeof max_version === 'string') return `for engines up to ${max_version}; this is ${version}`
  if (typeof min_version === 'string') return `for engines from ${min_version}; this is ${version}`
  return `uses an operator newer than this engine (${version})`
}

function loadedIds(reports: readonly DocumentReport[]): Set<string> {
  return new Set(reports.flatMap(({ sections }) => sections.filter(isRuleSection).flatMap(({ loaded }) => loaded)))
}

function isRuleSection({ section }: { readonly section: string }): boolean {
  return ruleSections.some((name) => name === section)
}

function toNote({ id, name }: JsonRecord, reason: string): RuleNote {
  return { id: textOf(id), name: textOf(name), reason }
}
