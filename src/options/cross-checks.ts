// What single options cannot say: combinations of the receiver's options that contradict each other.
import { MirrorwafError } from '../errors.js'
import type { ServeOptions } from './serve-options.js'

/**
 * Refuses combinations that cannot work and returns warnings about those that hardly mean what they say.
 * @throws MirrorwafError `MWAF_OPTIONS_VALUE`.
 */
export function crossCheck(options: ServeOptions): string[] {
  refuseHalfTls(options)
  if (options.events.includes('none') && options.events.length > 1) {
    throw contradiction('events', options.events.join(','), 'none alone, or other targets without it')
  }
  refuseSmallQueue(options)
  return warnOfLimits(options)
}

/** What requests are kept in comes in powers of two (`batch/slab.ts`), and counts as a whole against its limit. */
function roomBytes(byteCount: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, byteCount)))
}

function refuseSmallQueue({ batchLimitBytes, queueLimitBytes }: ServeOptions): void {
  if (roomBytes(batchLimitBytes) <= queueLimitBytes) return
  throw contradiction(
    'queue-limit',
    `${queueLimitBytes} with batch-limit ${batchLimitBytes}`,
    `at least ${roomBytes(batchLimitBytes)}: no batch would fit, so every request would be shed`,
  )
}

function refuseHalfTls({ tlsCert, tlsKey, tlsClientCa }: ServeOptions): void {
  if ((tlsCert === '') !== (tlsKey === '')) {
    throw contradiction(
      'tls-key',
      tlsCert === '' ? 'tls-key without tls-cert' : 'tls-cert without tls-key',
      'both or none',
    )
  }
  if (tlsClientCa !== '' && tlsCert === '') {
    throw contradiction(
      'tls-client-ca',
      'tls-client-ca without tls-cert',
      'tls-client-ca only with tls-cert and tls-key',
    )
  }
}

/** Content that one limit lets in and another always turns away. */
function warnOfLimits(options: ServeOptions): string[] {
  const {
    bodyInspectLimitBytes,
    inFlightLimitBytes,
    queueLimitBytes,
    bodyLimitBytes,
    targetLimitBytes,
    batchLimitBytes,
  } = options
  const warnings: string[] = []
  const bodyRoomBytes = roomBytes(bodyInspectLimitBytes)
  if (bodyRoomBytes > inFlightLimitBytes) {
    warnings.push('body-inspect-limit is above in-flight-limit: a body that long is always shed')
  }
  if (bodyRoomBytes > queueLimitBytes) {
    warnings.push('body-inspect-limit is above queue-limit: a body that long is always shed')
  }
  if (roomBytes(batchLimitBytes) * 2 > queueLimitBytes) {
    warnings.push('queue-limit holds one batch of batch-limit: while that is inspected, requests are shed')
  }
  if (bodyInspectLimitBytes > bodyLimitBytes) {
    warnings.push('body-inspect-limit is above body-limit: no more than body-limit is read')
  }
  if (targetLimitBytes > options.headLimitBytes) {
    warnings.push('target-limit is above head-limit: the head is cut first')
  }
  return warnings
}

function contradiction(option: string, value: string, accepted: string): MirrorwafError {
  return new MirrorwafError('MWAF_OPTIONS_VALUE', { source: 'options', value, option, accepted })
}
