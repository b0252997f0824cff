// Slows down whoever guesses tokens. Nobody is locked out: behind a proxy all have one address, and a lock would be the
// attacker's to close. A right token is only late.
import { isIPv6 } from 'node:net'

export interface BrakeClock {
  /** Never steps. */
  nowMs(): number
  wait(durationMs: number): Promise<void>
}

/** What became of one try; `too-many`: it was not looked at, because as many of its address wait as may. */
export type TryResult = 'right' | 'wrong' | 'too-many'

/** Wrong tokens in a minute that cost nothing: from one address, from all together. */
export const freeTries = { address: 20, all: 200 } as const
const periodMs = 60_000
/** How long a try waits beyond them. Four at a time every five seconds are fifty guesses a minute: none of 16 characters falls. */
const waitsMs = { address: 5000, all: 1000 } as const
export const waitersPerAddress = 4
/** Addresses remembered; the oldest gives way, and then only the brake on all holds. */
export const addressLimit = 1024

/** Wrong tokens of the current minute. */
interface Tries {
  wrong: number
  endMs: number
  waiting: number
}

export class LoginBrake {
  readonly #clock: BrakeClock
  readonly #addresses = new Map<string, Tries>()
  readonly #all: Tries = { wrong: 0, endMs: 0, waiting: 0 }

  constructor(clock: BrakeClock) {
    this.#clock = clock
  }

  /** How many addresses are remembered. */
  get addressCount(): number {
    return this.#addresses.size
  }

  /** @param isRight - asked when the try's turn has come. */
  async try(address: string, isRight: () => boolean): Promise<TryResult> {
    const own = this.#triesOf(networkOf(address))
    const waitMs = this.#waitMs(own)
    if (waitMs > 0) {
      if (own.waiting >= waitersPerAddress) return 'too-many'
      own.waiting += 1
      await this.#clock.wait(waitMs)
      own.waiting -= 1
    }
    if (isRight()) return 'right'
    own.wrong += 1
    this.#all.wrong += 1
    return 'wrong'
  }

  #waitMs(own: Tries): number {
    const nowMs = this.#clock.nowMs()
    for (const tries of [own, this.#all]) {
      if (nowMs < tries.endMs) continue
      tries.wrong = 0
      tries.endMs = nowMs + periodMs
    }
    if (own.wrong >= freeTries.address) return waitsMs.address
    return this.#all.wrong >= freeTries.all ? waitsMs.all : 0
  }

  #triesOf(network: string): Tries {
    const known = this.#addresses.get(network)
    if (known !== undefined) return known
    const [oldest] = this.#addresses.keys()
    if (this.#addresses.size >= addressLimit && oldest !== undefined) this.#addresses.delete(oldest)
    const tries: Tries = { wrong: 0, endMs: 0, waiting: 0 }
    this.#addresses.set(network, tries)
    return tries
  }
}

/** An IPv6 host has a whole /64 to itself. */
function networkOf(address: string): string {
  const [plain = ''] = address.split('%')
  if (!isIPv6(plain) || plain.startsWith('::ffff:')) return plain.replace('::ffff:', '')
  const [head = '', tail] = plain.split('::')
  const groups = head.split(':').filter((group) => group !== '')
  const rest = tail === undefined ? [] : tail.split(':').filter((group) => group !== '')
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - rest.length) }, () => '0')
  return [...groups, ...zeros, ...rest].slice(0, 4).join(':')
}
