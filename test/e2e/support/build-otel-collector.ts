// Builds the collector ahead of the tests. Run: node build/test/e2e/support/build-otel-collector.js
import { buildCollector } from './otel-collector.js'
import { findProgram } from './required-program.js'

console.log(buildCollector(findProgram('go').path))
