// Each line of the documents that the gateway (003) and the Kong plugin (002) are built after has a test named for it.
import t from 'tap'
import { readSourceFiles } from './support/source-files.js'

const lineCounts = { '002': 23, '003': 18 } as const

t.test('every line has a test whose name begins with its number', async (t) => {
  const texts = readSourceFiles('test').map(({ text }) => text)
  const named = new Set(
    texts.flatMap((text) => [...text.matchAll(/t\.test\(\s*'(\d{3}\.\d+) /g)].map(([, line]) => line)),
  )
  for (const [seed, count] of Object.entries(lineCounts)) {
    for (let line = 1; line <= count; line += 1) t.ok(named.has(`${seed}.${line}`), `${seed}.${line}`)
  }
})
