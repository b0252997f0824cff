// src/README.md: the folder order is the pipeline; a stage imports only types of the next one.
import t from 'tap'
import { findBoundaryViolations } from './support/boundary-rule.js'
import { readSourceFiles, type SourceFile } from './support/source-files.js'
import { contracts, stages, wiring } from './support/stages.js'

const sources = readSourceFiles('src')

function planted(path: string, text: string): readonly string[] {
  const file: SourceFile = { path, text }
  return findBoundaryViolations([file])
}

t.test('stages import only types of the stages they may know', async (t) => {
  t.strictSame(findBoundaryViolations(sources), [])
})

t.test('each file that may cross exists', async (t) => {
  const paths = sources.map(({ path }) => path)
  const named = [...Object.keys(contracts), ...Object.keys(wiring)]
  t.strictSame(
    named.filter((name) => !paths.some((path) => path === name || `${path.split('/')[0]}/*` === name)),
    [],
  )
})

t.test('each folder of the path is a stage', async (t) => {
  const folders = new Set(sources.map(({ path }) => path.split('/')[0]))
  t.strictSame(
    stages.filter((stage) => !folders.has(stage)),
    [],
  )
})

t.test('a value of another stage is found', async (t) => {
  t.strictSame(planted('listener/a.ts', "import { seal } from '../batch/batcher.js'\n"), [
    'listener/a.ts imports a value of batch/batcher.ts',
  ])
})

t.test('a value among types is found', async (t) => {
  t.equal(planted('listener/a.ts', "import { type Batch, seal } from '../batch/batcher.js'\n").length, 1)
})

t.test('a type of a stage further on is found', async (t) => {
  t.strictSame(planted('listener/a.ts', "import type { Engine } from '../engine/engine.js'\n"), [
    'listener/a.ts imports a type of engine/engine.ts; listener may not know engine',
  ])
})

t.test('a stage that imports the wiring is found', async (t) => {
  t.equal(planted('listener/a.ts', "import { createPipeline } from '../pipeline.js'\n").length, 1)
  t.equal(planted('batch/a.ts', "import type { Serve } from '../commands/serve.js'\n").length, 1)
})

t.test('a type of the next stage, a contract, and wiring are let through', async (t) => {
  t.strictSame(planted('listener/a.ts', "import type { Batch } from '../batch/batcher.js'\n"), [])
  t.strictSame(planted('worker/a.ts', "import { Word } from '../batch/record-layout.js'\n"), [])
  t.strictSame(planted('pipeline.ts', "import { seal } from './batch/batcher.js'\n"), [])
  t.strictSame(planted('batch/a.ts', "import { MirrorwafError } from '../errors.js'\n"), [])
})
