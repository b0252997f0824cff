// Which stage may know which, written down. A new line here is a decision about the design: give its reason.

/** The folders of src that a mirrored request passes through, or that what it leaves behind passes through. */
export const stages = [
  'listener',
  'parser',
  'batch',
  'worker',
  'request',
  'prefilter',
  'engine',
  'verdict',
  'sinks',
  'store',
  'ui',
  'observe',
  'options',
] as const
export type Stage = (typeof stages)[number]

/** Whose types a stage may name. Values cross only where `contracts` or `wiring` say so. */
export const mayNameTypesOf: Readonly<Record<Stage, readonly Stage[]>> = {
  listener: ['parser', 'batch', 'observe', 'options'],
  parser: ['batch'],
  batch: ['parser'],
  worker: ['batch', 'request', 'prefilter', 'engine', 'verdict', 'observe', 'options'],
  request: ['batch', 'engine', 'options'],
  prefilter: ['request', 'engine'],
  engine: ['request'],
  verdict: ['batch', 'request', 'engine', 'options'],
  sinks: ['verdict', 'observe', 'options', 'store', 'ui'],
  store: ['sinks', 'observe'],
  ui: ['store', 'observe', 'engine', 'sinks', 'verdict'],
  observe: ['verdict', 'sinks'],
  options: [],
}

/** Files that are a format or a vocabulary between stages: all may import their values. */
export const contracts: Readonly<Record<string, string>> = {
  'batch/record-layout.ts': 'the record format: the listener writes it, workers read it',
  'batch/record-reader.ts': 'the one way to read a record',
  'batch/make-record.ts': 'a record without a parser: workers warm up on some',
  'batch/slab.ts': 'the memory that records lie in: a request that still arrives is staged in one',
  'parser/methods.ts': 'the method names behind the numbers in records',
  'request/value-visitor.ts': 'what every decoder, the prefilter and the engine input agree on',
  'prefilter/families.ts': 'the families of rules: the prefilter tells them, workers judge them apart',
  'engine/ruleset-sections.ts': 'which sections of a ruleset hold rules: engine, prefilter and page read the same',
  'request/body/body-fault.ts': 'what can be wrong with a body: decoders, events and metrics name it alike',
  'verdict/outcome.ts': 'the eight outcomes',
  'verdict/event.ts': 'the event schema',
  'observe/counter-ids.ts': 'the names of the shared counters, which every stage counts in',
  'options/kinds/coverage-source.ts': 'how a gateway’s counters are named, in options, logs and the loss meter',
  'options/kinds/address.ts': 'how an address is spelt, in options and in what is said about it',
  'options/nearest.ts': 'how the name that was probably meant is found',
}

/** Files that put stages together, and so import values of several. `*` stands for any name in a folder. */
export const wiring: Readonly<Record<string, string>> = {
  'index.ts': 'the library surface: re-exports only',
  'main.ts': 'the process entry',
  'pipeline.ts': 'the wiring of the listener thread',
  'receiver.ts': 'the library object: options, log and pipeline',
  'worker/event-writer.ts': 'the wiring of a worker thread: what turns a matched record into the bytes of its event',
  'worker/build-inspector.ts': 'the wiring of a worker thread: decoders, prefilter, engine',
  'worker/worker-settings.ts': 'what a worker thread is given: options and the ruleset read from its file',
  'sinks/reporter-thread.ts': 'the wiring of the reporting thread: sinks, metrics and the admin port',
  'ui/event-desk.ts': 'the wiring of history and page in the reporting thread: store, sampler, ruleset text, server',
  'open-reporter.ts':
    'the wiring of the reporting thread with the options, for a process that serves alone and for a primary',
  'processes/*':
    'the primary of several processes and its children: pipeline and reporter put together across processes',
  'commands/*': 'each command puts together what it needs',
}
