// What stands in the sections of ruleset documents.
import { type JsonRecord, listOf, recordOf, textOf } from '../json-shape.js'

/** Sections that hold rules, in libddwaf's words; `rules_compat` is read exactly like `rules` (1.30). */
export const ruleSections = ['rules', 'rules_compat', 'custom_rules'] as const

/** The items of some sections of all documents, document by document. */
export function itemsOf(documents: readonly JsonRecord[], sections: readonly string[]): JsonRecord[] {
  return documents.flatMap((document) => sections.flatMap((section) => listOf(document[section]).map(recordOf)))
}

/** The addresses that a processor fills, or the names of the attributes that it sets. */
export function outputsOf({ parameters }: JsonRecord): string[] {
  const { mappings } = recordOf(parameters)
  return listOf(mappings).map((mapping) => textOf(recordOf(mapping)['output']))
}
