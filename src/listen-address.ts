// From an address option to the address: for those that open sockets.
import { MirrorwafError } from './errors.js'
import { type ListenAddress, parseAddress } from './options/kinds/address.js'

/**
 * Reads a normalised address of `ServeOptions`.
 * @throws MirrorwafError `MWAF_LISTENER_ADDRESS` when it is none.
 */
export function toListenAddress(text: string): ListenAddress {
  const address = parseAddress(text)
  if (address === undefined) {
    throw new MirrorwafError('MWAF_LISTENER_ADDRESS', { address: text, reason: 'it is no address', option: '--listen' })
  }
  return address
}
