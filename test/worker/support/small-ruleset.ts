// A ruleset of one rule: it loads in no time, and leaves no doubt what matched.
import { writeFileSync } from 'node:fs'
import type { Test } from 'tap'
import { temporaryFolder } from '../../e2e/support/repository.js'

/** Matches `phrase` in a query, or in what else is named. */
export function rulesetText(
  phrase: string,
  id = 'test-1',
  addresses: readonly string[] = ['server.request.query'],
): string {
  const inputs = addresses.map((address) => ({ address }))
  const conditions = [{ operator: 'phrase_match', parameters: { inputs, list: [phrase] } }]
  const rules = [{ id, name: `finds ${phrase}`, tags: { type: 'test', category: 'attack_attempt' }, conditions }]
  return JSON.stringify({ version: '2.2', metadata: { rules_version: '1.0.0' }, rules })
}

/** @returns the path of a file with `rulesetText`, which goes away with the test. */
export function writeRuleset(t: Test, phrase: string, id = 'test-1'): string {
  const path = `${temporaryFolder(t)}/rules.json`
  writeFileSync(path, rulesetText(phrase, id))
  return path
}
