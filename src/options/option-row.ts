// What most rows of the receiver's option table have in common.
import type { OptionKind } from './kinds/option-kind.js'
import { environmentNameOf, type OptionGroup, type OptionScope, type OptionSpec } from './option-spec.js'

export type CommonFields<T> = Pick<OptionSpec<T>, 'kind' | 'flag' | 'environment' | 'group' | 'scope'>

/** The common fields of a row; its environment name is made from the flag. */
export function row<T>(
  flag: string,
  group: OptionGroup,
  kind: OptionKind<T>,
  scope: OptionScope = 'receiver',
): CommonFields<T> {
  return { kind, flag, environment: environmentNameOf(flag), group, scope }
}
