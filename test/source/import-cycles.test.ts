import t from 'tap'
import { findImportCycles } from './support/import-cycles.js'
import { readSourceFiles } from './support/source-files.js'

t.test('no file of src imports itself over others', async (t) => {
  t.strictSame(findImportCycles(readSourceFiles('src')), [])
})

t.test('a ring of three is found, over types too', async (t) => {
  const files = [
    { path: 'start.ts', text: "import { a } from './x/a.js'\n" },
    { path: 'x/a.ts', text: "import { b } from './b.js'\n" },
    { path: 'x/b.ts', text: "import type { C } from '../y/c.js'\n" },
    { path: 'y/c.ts', text: "import { a } from '../x/a.js'\n" },
  ]
  t.strictSame(findImportCycles(files), ['x/a.ts > x/b.ts > y/c.ts > x/a.ts'])
})

t.test('two ways to one file are no ring', async (t) => {
  const files = [
    { path: 'a.ts', text: "import { b } from './b.js'\nimport { c } from './c.js'\n" },
    { path: 'b.ts', text: "import { c } from './c.js'\n" },
    { path: 'c.ts', text: '' },
  ]
  t.strictSame(findImportCycles(files), [])
})

t.test('a file that loads another when it needs it makes no ring', async (t) => {
  const files = [
    { path: 'a.ts', text: "const { b } = await import('./b.js')\n" },
    { path: 'b.ts', text: "import { a } from './a.js'\n" },
  ]
  t.strictSame(findImportCycles(files), [])
})
