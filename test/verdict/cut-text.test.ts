import t from 'tap'
import { cutMark, cutText } from '#src/verdict/cut-text.js'

t.test('a text of the limit stays whole, one byte more is cut with a mark', async (t) => {
  t.equal(cutText('a'.repeat(64), 64), 'a'.repeat(64))
  const cut = cutText('a'.repeat(65), 64)
  t.match(cut, /^a+…\[cut \d+ bytes\]$/)
  t.ok(Buffer.byteLength(cut) <= 64)
})

t.test('the mark names exactly the bytes that are missing, and no character is split', async (t) => {
  for (const character of ['a', 'é', '€', '😀']) {
    const text = character.repeat(100)
    for (let limitBytes = 32; limitBytes < 60; limitBytes++) {
      const cut = cutText(text, limitBytes)
      const [kept = ''] = cut.split('…')
      t.ok(Buffer.byteLength(cut) <= limitBytes, `${limitBytes} bytes of ${character}`)
      t.equal(cut, kept + cutMark(Buffer.byteLength(text) - Buffer.byteLength(kept)))
      t.ok(text.startsWith(kept) && kept.isWellFormed())
    }
  }
})
