import t from 'tap'
import { toUtf8 } from '#src/request/body/charset.js'
import { DecodeBudget } from '#src/request/decode-budget.js'

const text = '{"a":"é€😀"}'
const read = (bytes: Buffer, charset = '') => {
  const content = toUtf8(bytes, 0, bytes.length, charset, new DecodeBudget())
  return {
    text: content.bytes.toString('utf8', content.start, content.end),
    isGuess: content.isGuess,
    isUnknown: content.isUnknown,
  }
}
const utf16be = (value: string) => Buffer.from(value, 'utf16le').swap16()
const utf32 = (value: string, isLittle: boolean) =>
  Buffer.concat(
    Array.from(value, (char) => {
      const unit = Buffer.alloc(4)
      if (isLittle) unit.writeUInt32LE(char.codePointAt(0) ?? 0)
      else unit.writeUInt32BE(char.codePointAt(0) ?? 0)
      return unit
    }),
  )
const sure = { text, isGuess: false, isUnknown: false }

t.test('UTF-8 stays in place', async (t) => {
  const bytes = Buffer.from(text)
  for (const charset of ['', 'utf-8', 'utf8', 'us-ascii']) {
    const content = toUtf8(bytes, 0, bytes.length, charset, new DecodeBudget())
    t.equal(content.bytes, bytes)
  }
  t.strictSame(read(Buffer.from(`\ufeff${text}`)), sure, 'without its mark')
})

t.test('a byte order mark decides', async (t) => {
  // Many backends read bytes whatever the mark says, so that the other reading is wanted too.
  const guess = { ...sure, isGuess: true }
  t.strictSame(read(Buffer.from(`\ufeff${text}`, 'utf16le')), guess)
  t.strictSame(read(utf16be(`\ufeff${text}`), 'iso-8859-1'), guess)
  t.strictSame(read(utf32(`\ufeff${text}`, true)), guess)
  t.strictSame(read(utf32(`\ufeff${text}`, false)), guess)
})

t.test('zero bytes tell an encoding that nothing declares', async (t) => {
  const guess = { ...sure, isGuess: true }
  t.strictSame(read(Buffer.from(text, 'utf16le')), guess)
  t.strictSame(read(utf16be(text)), guess)
  t.strictSame(read(utf32(text, true)), guess)
  t.strictSame(read(utf32(text, false)), guess)
  t.equal(read(Buffer.from('a\0b')).text, 'a\0b', 'too short to tell')
})

t.test('a declared charset is used, and doubted where it may hide ASCII', async (t) => {
  t.strictSame(read(Buffer.from('é', 'latin1'), 'iso-8859-1'), { text: 'é', isGuess: false, isUnknown: false })
  t.strictSame(read(Buffer.from('plain'), 'windows-1252'), { text: 'plain', isGuess: false, isUnknown: false })
  t.strictSame(read(Buffer.from([0x82, 0xa0]), 'shift_jis'), { text: 'あ', isGuess: true, isUnknown: false })
  t.equal(read(Buffer.from('$globals'), 'utf-16').isGuess, true)
  t.strictSame(read(Buffer.from('x'), 'klingon'), { text: 'x', isGuess: false, isUnknown: true })
})

t.test('what may say something else to a backend is told', async (t) => {
  const isHidden = (bytes: Buffer, charset: string) =>
    toUtf8(bytes, 0, bytes.length, charset, new DecodeBudget()).isHidden
  const unknown = (extra: string) => isHidden(Buffer.from(`plain${extra}`, 'latin1'), 'klingon')
  t.equal(unknown(' text, with signs: <>"\'()=;/\r\n\t'), false)
  for (const extra of ['+', '&', '~', '\\', '\0', '\x1b', '\x0e', '\x7f', 'é']) t.equal(unknown(extra), true, extra)
  for (const charset of ['utf-16', 'utf_16', 'utf-32']) {
    t.equal(isHidden(Buffer.from('AAAA\0'), charset), true, charset)
    t.equal(isHidden(Buffer.from('AAAAA'), charset), false, charset)
  }
  const marked = Buffer.from(`\ufeff${text}`, 'utf16le')
  for (const charset of ['', 'utf-8', 'utf-16', 'utf-16le', 'iso-8859-1'])
    t.equal(isHidden(marked, charset), false, charset)
  for (const charset of ['utf-16be', 'shift_jis', 'utf-7']) t.equal(isHidden(marked, charset), true, charset)
  t.equal(isHidden(Buffer.from(`\ufeff${text}`), 'utf-16le'), true)
  t.equal(isHidden(Buffer.from(`\ufeff${text}`), 'utf-8'), false)
})

t.test('broken units become replacement characters', async (t) => {
  t.equal(read(Buffer.from([0xff, 0xfe, 0x41, 0x00, 0x00, 0xd8])).text, 'A\ufffd')
  const beyond = Buffer.from([0, 0, 0xfe, 0xff, 0, 0x11, 0, 0, 0, 0, 0xd8, 0, 0, 0, 0, 0x41])
  t.equal(read(beyond).text, '\ufffd\ufffdA')
})

t.test('long bodies are converted across slices', async (t) => {
  const long = '€😀x'.repeat(50_000)
  t.equal(read(Buffer.from(`\ufeff${long}`, 'utf16le')).text, long)
})

t.test('a spent budget ends the conversion', async (t) => {
  let nowMs = 0
  const budget = new DecodeBudget(() => nowMs++)
  budget.start(2)
  const bytes = Buffer.alloc(1_000_000, Buffer.from('ab', 'utf16le'))
  const content = toUtf8(bytes, 0, bytes.length, 'utf-16le', budget)
  t.ok(content.end < 200_000)
})
