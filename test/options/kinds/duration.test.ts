// Durations as texts.
import t from 'tap'
import { duration, formatDuration, parseDuration } from '#src/options/kinds/duration.js'

t.test('Go durations are read in the unit asked for', async (t) => {
  const readings: [string, number][] = [
    ['30s', 30_000],
    ['1m30s', 90_000],
    ['1h', 3_600_000],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['2.s', 2000],
    ['250ms', 250],
    ['1h2m3s4ms', 3_723_004],
    ['1.1s', 1100],
  ]
  for (const [text, ms] of readings) t.equal(parseDuration(text, 'ms'), ms, text)
  t.equal(parseDuration('2ms', 'us'), 2000)
  t.equal(parseDuration('500us', 'us'), 500)
  t.equal(parseDuration('500µs', 'us'), 500)
  t.equal(parseDuration('500μs', 'us'), 500, 'the Greek letter too')
})

t.test('a bare number is in the unit of the option', async (t) => {
  t.equal(parseDuration('500', 'us'), 500)
  t.equal(parseDuration('500', 'ms'), 500)
  t.equal(parseDuration('0', 'ms'), 0)
})

t.test('what is finer than the unit is rounded up, so that it never becomes 0', async (t) => {
  t.equal(parseDuration('1ns', 'us'), 1)
  t.equal(parseDuration('0.1ns', 'us'), 1)
  t.equal(parseDuration('1500ns', 'us'), 2)
  t.equal(parseDuration('1us', 'ms'), 1)
  t.equal(parseDuration('0s', 'ms'), 0)
})

t.test('everything else is no duration', async (t) => {
  for (const text of [
    '',
    ' ',
    '-5s',
    '+5s',
    '5 s',
    '1d',
    '1S',
    's',
    '.',
    '1.5',
    '1e3',
    '5s ',
    '1m-3s',
    '0x10',
    'Infinity',
  ]) {
    t.equal(parseDuration(text, 'ms'), undefined, JSON.stringify(text))
  }
})

t.test('what is written is read back as the same value', async (t) => {
  for (const ms of [0, 1, 999, 1000, 90_000, 3_600_000, 5_430_001]) {
    t.equal(parseDuration(formatDuration(ms, 'ms'), 'ms'), ms, formatDuration(ms, 'ms'))
  }
  t.equal(formatDuration(90_000, 'ms'), '1m30s')
  t.equal(formatDuration(10_500, 'us'), '10ms500us')
  t.equal(formatDuration(0, 'us'), '0')
})

t.test('bounds are accepted, one step beyond is not; 0 only where it means something', async (t) => {
  const kind = duration({ unit: 'ms', min: 10, max: 1000 })
  t.equal(kind.parse('10ms'), 10)
  t.equal(kind.parse('9ms'), undefined)
  t.equal(kind.parse('1s'), 1000)
  t.equal(kind.parse('1001ms'), undefined)
  t.equal(kind.parse('0'), undefined)
  t.equal(duration({ unit: 'ms', min: 10, max: 1000, allowsZero: true }).parse('0'), 0)
})

t.test('a program gives whole numbers within the bounds', async (t) => {
  const kind = duration({ unit: 'ms', min: 10, max: 1000 })
  t.equal(kind.check(10), 10)
  for (const value of [9, 1001, 10.5, Number.NaN, '10ms', null]) t.equal(kind.check(value), undefined, String(value))
})
