// Texts that is_sqli and is_xss can match at all: necessary conditions of our own, found by looking at what the operators
// answer, held by the differential fuzz. Nothing is taken from libinjection's code or tables.
import type { CheckedOperator } from '../ruleset/condition-test.js'

/**
 * RE2 patterns, case-sensitive, one of which is found in every text that the operator matches.
 *
 * is_sqli needs a quote, bracket, comment, statement end, variable or doubled logic sign, or else a word that stands beside
 * something else: a single word, and any text without letters, is never an injection. A word ends in two letters or
 * underscores (the shortest SQL words have two letters, and none that matters ends in a digit), so identifiers such as `b2c`
 * and numbers do not count.
 *
 * is_xss needs a tag or an attribute with a value.
 */
export const checkedTriggers: Readonly<Record<CheckedOperator, readonly string[]>> = {
  is_sqli: [`['"\`$@#();]`, '--|/\\*|&&|\\|\\|', '[A-Za-z_][A-Za-z_][^A-Za-z0-9_]', '[^A-Za-z_][A-Za-z_]+[A-Za-z_]\\z'],
  is_xss: ['[<=]'],
}
