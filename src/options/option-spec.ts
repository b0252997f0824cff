// The shape of an option table: one row per option says everything that parsing, help and the README need to know.
import type { OptionKind } from './kinds/option-kind.js'

/** Headings of the help and the README, in this order. */
export const optionGroups = [
  'Command',
  'Listening',
  'Routes',
  'At the door',
  'Mirroring',
  'Limits',
  'Requests',
  'Inspection',
  'Workers',
  'Events and logs',
  'History and page',
  'Datadog',
  'Life cycle',
] as const
export type OptionGroup = (typeof optionGroups)[number]

/** What an option concerns. A command takes only the scopes that it uses; flags outside of them are unknown to it. */
export type OptionScope = 'command' | 'ruleset' | 'inspection' | 'receiver'

/** One option. `T` is its type in the resolved options. */
export interface OptionSpec<T> {
  readonly kind: OptionKind<T>
  /** Flag and configuration key without dashes; `undefined` when only the environment sets it. */
  readonly flag: string | undefined
  /** Environment name of ours; by default made from the flag. `undefined` = there is none. */
  readonly environment: string | undefined
  /** Environment name of the Datadog mirror or tracer that means the same. */
  readonly datadog?: string
  readonly group: OptionGroup
  readonly scope: OptionScope
  /** Computed when needed: some defaults depend on the machine. */
  readonly default: () => T
  /** Shown instead of the default's value where that depends on the machine or is too long. */
  readonly defaultText?: string
  /** One or two sentences; ends with a full stop. */
  readonly doc: string
}

/** One row per field of `T`: a field without a row, or a row without a field, does not compile. */
export type OptionTable<T extends object> = { readonly [K in keyof T]-?: OptionSpec<T[K]> }

/** The fields of a table, typed. */
export function fieldsOf<T extends object>(table: OptionTable<T>): (keyof T & string)[] {
  return Object.keys(table).filter((key): key is keyof T & string => Object.hasOwn(table, key))
}

/** The rows of a table whatever their types, for what treats all alike (help, unknown names). */
export function rowsOf<T extends object>(table: OptionTable<T>): OptionSpec<T[keyof T & string]>[] {
  return fieldsOf(table).map((field) => table[field])
}

/** `head-limit` -> `MIRRORWAF_HEAD_LIMIT`. */
export function environmentNameOf(flag: string): string {
  return `${environmentPrefix}${flag.replaceAll('-', '_').toUpperCase()}`
}

export const environmentPrefix = 'MIRRORWAF_'

/** What the default looks like to a reader. */
export function describeDefault<T>(spec: OptionSpec<T>): string {
  return spec.defaultText ?? spec.kind.show(spec.default()).join(', ')
}
