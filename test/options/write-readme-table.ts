// Writes the option table into README.md between its markers: `node build/test/options/write-readme-table.js`.
import { readFileSync, writeFileSync } from 'node:fs'
import { endMarker, findReadmeTable, readmeUrl, renderReadmeTable, startMarker } from './readme-table.js'

const readme = readFileSync(readmeUrl, 'utf8')
const present = findReadmeTable(readme)
if (present === undefined) {
  process.stderr.write(`README.md has no ${startMarker} ... ${endMarker}\n`)
  process.exitCode = 1
} else {
  // A function, because a replacement text would give `$&` and the like a meaning.
  writeFileSync(readmeUrl, readme.replace(present, renderReadmeTable))
}
