// An exclusion in the engine's own format that takes exactly one input away from exactly one rule, and what it would have done
// to events that are stored.
import { createHash } from 'node:crypto'
import { hasNames, placeWords } from './addresses.js'
import type { ExclusionAnswer, MatchedCondition } from './page/api-types.js'
import { readMatches, readTarget } from './stored-event.js'

/** One input of one rule, perhaps only on one path. */
export interface Exclusion {
  readonly ruleId: string
  readonly address: string
  /** `*` stands for any one key or position. */
  readonly keyPath: readonly string[]
  /** A pattern on the request target (RE2, which JavaScript reads alike); `undefined` = everywhere. */
  readonly targetRegex: string | undefined
}

/** What became of one event under an exclusion. */
export type Effect = 'silenced' | 'weakened' | 'kept'

/** What events show in place of a secret; where it stands, the true text is not known. */
const redactedMark = '<Redacted'
/** The engine takes no longer key paths. */
const keyPathLimit = 20

/**
 * The exclusion for a matched condition.
 * @param path - of the request, to exclude only there; `undefined` = everywhere.
 * @returns an explanation instead when the event does not show enough.
 */
export function makeExclusion(
  ruleId: string,
  condition: Pick<MatchedCondition, 'address' | 'keyPath'>,
  path: string | undefined,
): Exclusion | string {
  const { address, keyPath } = condition
  if (address === '') return 'the event does not say which input matched'
  const isRedacted = [...keyPath, path ?? ''].some((part) => part.includes(redactedMark))
  if (isRedacted) return 'a name in it was redacted, so the exclusion would not fit the request'
  if (keyPath.length > keyPathLimit) return `it lies deeper than the ${keyPathLimit} levels that an exclusion can name`
  return {
    ruleId,
    address,
    keyPath: toPattern(address, keyPath),
    targetRegex: path === undefined ? undefined : targetRegexOf(path),
  }
}

/** The file for `--rules`: it has no rules of its own, so it adds to the ruleset in use. */
export function renderExclusion(exclusion: Exclusion): string {
  const { ruleId, address, keyPath, targetRegex } = exclusion
  const input = keyPath.length === 0 ? { address } : { address, key_path: keyPath }
  const conditions =
    targetRegex === undefined
      ? {}
      : {
          conditions: [
            {
              operator: 'match_regex',
              parameters: {
                inputs: [{ address: 'server.request.uri.raw' }],
                regex: targetRegex,
                options: { case_sensitive: true },
              },
            },
          ],
        }
  const content = { rules_target: [{ rule_id: ruleId }], ...conditions, inputs: [input] }
  const id = createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 12)
  const file = { version: '2.2', exclusions: [{ id: `mirrorwaf-${id}`, ...content }] }
  return `${JSON.stringify(file, undefined, 2)}\n`
}

/** The same in words, with what to mind. */
export function explainExclusion(exclusion: Exclusion, path: string | undefined): Omit<ExclusionAnswer, 'file'> {
  const { ruleId, address, keyPath } = exclusion
  const notes = ['Another rule of the same type may match the same input then: of each type one rule is reported.']
  if (keyPath.includes('*')) notes.push('* stands for any one key or position in a list.')
  if (keyPath.length === 0) notes.push('The input has no name, so the rule no longer looks at any of it.')
  const where = path === undefined ? '' : ` in requests for ${path}`
  return {
    explanation: `Rule ${ruleId} no longer looks at ${placeWords(address, keyPath)}${where}. All other rules still do.`,
    notes,
  }
}

/** What an exclusion would have done to an event, as far as the event shows: a rule may match elsewhere in the same request. */
export function judgeEffect(exclusion: Exclusion, line: string): Effect {
  const { targetRegex } = exclusion
  if (targetRegex !== undefined && !new RegExp(targetRegex).test(readTarget(line))) return 'kept'
  const matches = readMatches(line)
  const silenced = matches.filter(
    ({ ruleId, conditions }) =>
      ruleId === exclusion.ruleId && conditions.some((condition) => isCovered(exclusion, condition)),
  )
  if (silenced.length === 0) return 'kept'
  return silenced.length === matches.length ? 'silenced' : 'weakened'
}

function isCovered({ address, keyPath }: Exclusion, condition: MatchedCondition): boolean {
  if (condition.address !== address) return false
  return keyPath.every((key, index) => {
    const actual = condition.keyPath[index]
    return actual !== undefined && (key === '*' || key === actual)
  })
}

/**
 * The engine walks lists as it walks maps, but a position is matched by `*` alone. Names of parameters, headers and cookies are
 * taken as they are, and stand for all their values.
 */
function toPattern(address: string, keyPath: readonly string[]): readonly string[] {
  if (hasNames(address)) return keyPath.slice(0, 1)
  return keyPath.map((key) => (/^\d+$/.test(key) ? '*' : key))
}

/** The path itself, with any query, also where the target is absolute. */
function targetRegexOf(path: string): string {
  return String.raw`^(?:[a-zA-Z][a-zA-Z0-9+.-]*://[^/?]*)?${path.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)}(?:\?|$)`
}
