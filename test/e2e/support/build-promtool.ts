// Builds promtool ahead of the tests, so that none of them has to wait for it. Run: node build/test/e2e/support/build-promtool.js
import { buildPromtool } from './promtool.js'
import { findProgram } from './required-program.js'

console.log(buildPromtool(findProgram('go').path))
