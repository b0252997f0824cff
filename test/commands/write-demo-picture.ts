// Runs `mirrorwaf demo` at a terminal and draws what it showed: `node build/test/commands/write-demo-picture.js`.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { drawTerminal } from './support/terminal-svg.js'

const main = fileURLToPath(import.meta.resolve('#src/main.js'))
const picture = fileURLToPath(new URL('../../../deploy/demo/demo.svg', import.meta.url))
const { PATH } = process.env

// `script` (util-linux) gives the demo a terminal of its own; written to a pipe it would leave out its colours.
const output = execFileSync('script', ['-qec', `'${process.execPath}' '${main}' demo`, '/dev/null'], {
  encoding: 'utf8',
  env: { PATH, TERM: 'xterm' },
})
writeFileSync(picture, drawTerminal(output, 'npx mirrorwaf demo'))
