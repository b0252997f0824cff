// Checks on arguments that several commands share.
import { MirrorwafError } from '../errors.js'

/**
 * For commands that take no arguments, or have taken all of theirs.
 * @throws MirrorwafError `MWAF_COMMAND_ARGUMENT` for the first one left.
 */
export function refuseArguments(rest: readonly string[]): void {
  const [argument] = rest
  if (argument === undefined) return
  throw new MirrorwafError('MWAF_COMMAND_ARGUMENT', { argument, reason: 'this argument is not expected here' })
}
