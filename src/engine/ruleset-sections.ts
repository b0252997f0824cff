// The sections of ruleset documents that hold rules, and what is in them.
import { type JsonRecord, listOf } from '../json-shape.js'

/** `rules_compat` is read exactly like `rules` (libddwaf 1.30). */
export const ruleSections = ['rules', 'rules_compat', 'custom_rules'] as const

/** The items of a section of all documents, in the engine's order. */
export function itemsOf(documents: readonly JsonRecord[], section: string): readonly unknown[] {
  return documents.flatMap((document) => listOf(document[section]))
}
