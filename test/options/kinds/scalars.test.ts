// Counts, ratios, choices, switches, file modes and texts.
import t from 'tap'
import {
  choice,
  count,
  eventTarget,
  fileMode,
  filePath,
  hostName,
  optionalFilePath,
  optionalHeaderName,
  ratio,
  yesOrNo,
} from '#src/options/kinds/scalars.js'

t.test('a count is a whole number within its bounds', async (t) => {
  const kind = count(1, 64)
  t.equal(kind.parse('1'), 1)
  t.equal(kind.parse('64'), 64)
  for (const text of ['0', '65', '-1', '1.5', '1e1', '', ' 1', '0x1', '1'.repeat(16)])
    t.equal(kind.parse(text), undefined, text)
  t.equal(kind.check(64), 64)
  for (const value of [0, 65, 1.5, '1']) t.equal(kind.check(value), undefined)
})

t.test('a ratio is 0 to 1', async (t) => {
  for (const [text, value] of [
    ['0', 0],
    ['1', 1],
    ['0.001', 0.001],
    ['.5', 0.5],
    ['1e-7', 1e-7],
  ] as const) {
    t.equal(ratio.parse(text), value, text)
  }
  for (const text of ['1.0001', '-0.1', '', '5%', 'NaN', '1e1']) t.equal(ratio.parse(text), undefined, text)
  t.equal(ratio.check(1), 1)
  for (const value of [1.1, -0.1, Number.NaN]) t.equal(ratio.check(value), undefined)
})

t.test('a choice is one of its words, exactly', async (t) => {
  const kind = choice('on', 'off', 'verify')
  t.equal(kind.parse('verify'), 'verify')
  t.equal(kind.parse('On'), undefined)
  t.equal(kind.parse(''), undefined)
  t.equal(kind.accepted, 'on, off or verify')
})

t.test('a switch takes the spellings of Go, and yes and on', async (t) => {
  for (const text of ['true', 'TRUE', 'True', 't', 'T', '1', 'yes', 'on']) t.equal(yesOrNo.parse(text), true, text)
  for (const text of ['false', 'FALSE', 'f', '0', 'no', 'off']) t.equal(yesOrNo.parse(text), false, text)
  for (const text of ['', '2', 'y', 'enabled']) t.equal(yesOrNo.parse(text), undefined, text)
})

t.test('a file mode is octal', async (t) => {
  for (const text of ['660', '0660', '0o660', '00660']) t.equal(fileMode.parse(text), 0o660, text)
  t.equal(fileMode.parse('0777'), 0o777)
  for (const text of ['1000', '1777', '8', '', '-1', '0x1']) t.equal(fileMode.parse(text), undefined, text)
  t.equal(fileMode.format(0o660), '0660')
  t.equal(fileMode.check(0o777), 0o777)
  t.equal(fileMode.check(0o1000), undefined)
})

t.test('event targets', async (t) => {
  for (const text of ['stdout', 'none', 'file:/var/log/x', 'file:a,b']) t.equal(eventTarget.parse(text), text)
  // What kinds there are, and what was meant, is told by parse-sink-spec.test.ts.
  for (const text of ['', 'file:a\0b']) t.equal(eventTarget.parse(text), undefined, text)
})

t.test('paths and header names', async (t) => {
  t.equal(filePath.parse(''), undefined)
  t.equal(filePath.parse('a\0b'), undefined)
  t.equal(filePath.parse('-'), '-')
  t.equal(optionalFilePath.parse(''), '')
  t.equal(optionalHeaderName.parse('X-Client'), 'x-client')
  t.equal(optionalHeaderName.parse(''), '')
  for (const text of ['a b', 'a:b', 'é', 'a\nb']) t.equal(optionalHeaderName.parse(text), undefined, text)
})

t.test('a host name has no port and no scheme, and is read in lower case', async (t) => {
  t.equal(hostName.parse('WAF.Example'), 'waf.example')
  t.equal(hostName.parse('a'.repeat(253)), 'a'.repeat(253))
  for (const text of ['', 'a'.repeat(254), 'a:8082', 'http://a', 'a b', '-a', 'a-', '*']) {
    t.equal(hostName.parse(text), undefined, text)
  }
})
