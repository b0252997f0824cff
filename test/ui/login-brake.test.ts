import t from 'tap'
import { addressLimit, freeTries, LoginBrake, waitersPerAddress } from '#src/ui/login-brake.js'

const wrong = (): boolean => false
const right = (): boolean => true

/** A brake whose waits end when the test says so. */
class HeldClock {
  readonly waits: number[] = []
  readonly brake: LoginBrake
  atMs = 0
  #ends: (() => void)[] = []

  constructor() {
    this.brake = new LoginBrake({
      nowMs: () => this.atMs,
      wait: (durationMs) => {
        this.waits.push(durationMs)
        return new Promise((resolve) => this.#ends.push(resolve))
      },
    })
  }

  endWaits(): void {
    for (const end of this.#ends.splice(0)) end()
  }

  async tryOften(address: string, count: number): Promise<void> {
    for (let index = 0; index < count; index += 1) await this.brake.try(address, wrong)
  }
}

t.test('twenty wrong tokens of one address cost nothing; the next waits, and other addresses do not', async (t) => {
  const clock = new HeldClock()
  await clock.tryOften('192.0.2.1', freeTries.address)
  t.strictSame(clock.waits, [])
  const late = clock.brake.try('192.0.2.1', right)
  t.strictSame(clock.waits, [5000])
  t.equal(await clock.brake.try('192.0.2.2', right), 'right')
  clock.endWaits()
  t.equal(await late, 'right', 'late, not refused')
  clock.atMs = 60_000
  t.equal(await clock.brake.try('192.0.2.1', right), 'right', 'the minute is over')
  t.equal(clock.waits.length, 1)
})

t.test('only so many tries of one address wait at a time', async (t) => {
  const clock = new HeldClock()
  await clock.tryOften('192.0.2.1', freeTries.address)
  const waiting = Array.from({ length: waitersPerAddress }, () => clock.brake.try('192.0.2.1', wrong))
  t.equal(await clock.brake.try('192.0.2.1', right), 'too-many')
  clock.endWaits()
  t.strictSame(new Set(await Promise.all(waiting)), new Set(['wrong']))
  const late = clock.brake.try('192.0.2.1', right)
  clock.endWaits()
  t.equal(await late, 'right')
})

t.test('wrong tokens from everywhere slow down everybody by a second', async (t) => {
  const clock = new HeldClock()
  for (let index = 0; index < freeTries.all; index += 1) await clock.tryOften(`198.51.100.${index}`, 1)
  t.strictSame(clock.waits, [])
  const late = clock.brake.try('192.0.2.1', right)
  t.strictSame(clock.waits, [1000])
  clock.endWaits()
  t.equal(await late, 'right')
})

t.test('an IPv6 network counts as one address, and IPv4 in IPv6 as IPv4', async (t) => {
  const clock = new HeldClock()
  for (let index = 0; index < freeTries.address; index += 1) await clock.tryOften(`2001:db8::${index + 1}:1`, 1)
  void clock.brake.try('2001:db8:0:0:ffff::9', wrong)
  t.equal(clock.waits.length, 1)
  t.equal(await clock.brake.try('2001:db8:0:1::1', right), 'right')
  await clock.tryOften('::ffff:192.0.2.1', freeTries.address)
  void clock.brake.try('192.0.2.1', wrong)
  t.equal(clock.waits.length, 2)
  t.equal(clock.brake.addressCount, 3)
})

t.test('the table of addresses is bounded', async (t) => {
  const clock = new HeldClock()
  for (let index = 0; index < addressLimit + 10; index += 1)
    await clock.brake.try(`10.0.${index >> 8}.${index & 255}`, right)
  t.equal(clock.brake.addressCount, addressLimit)
})
