// .ci/count-tap.awk: what CI calls passed and failed.
import { execFileSync } from 'node:child_process'
import t from 'tap'
import { repositoryRoot } from './support/source-files.js'

/** "passed failed skipped" for some TAP. */
function count(...lines: readonly string[]): string {
  const input = `TAP version 14\n${lines.join('\n')}\n`
  return execFileSync('awk', ['-f', '.ci/count-tap.awk'], { cwd: repositoryRoot, input, encoding: 'utf8' }).trim()
}

const file = '# Subtest: a.test.js'

t.test('innermost subtests are counted; assertions, files and what holds tests are not', async (t) => {
  const lines = ['    # Subtest: one', '        ok 1 - a', '        ok 2 - b', '    ok 1 - one # time=1ms']
  t.equal(count(file, ...lines, 'ok 1 - a.test.js'), '1 0 0')
  const nested = [
    '    # Subtest: outer',
    '        # Subtest: inner',
    '            ok 1 - a',
    '        ok 1 - inner',
    '    ok 1 - outer',
  ]
  t.equal(count(file, ...nested, 'ok 1 - a.test.js'), '1 0 0')
})

t.test('a failed test counts once, not again for its file', async (t) => {
  const lines = [
    '    # Subtest: one',
    '        not ok 1 - a',
    '    not ok 1 - one',
    '    # Subtest: two',
    '    ok 2 - two',
  ]
  t.equal(count(file, ...lines, 'not ok 1 - a.test.js'), '1 1 0')
})

t.test('a file that fails although its tests passed counts as a failure', async (t) => {
  const lines = ['    # Subtest: one', '        ok 1 - a', '    ok 1 - one', '    not ok 2 - timeout!']
  t.equal(count(file, ...lines, 'not ok 1 - a.test.js'), '1 1 0')
})

t.test('a file without subtests is one test', async (t) => {
  t.equal(count(file, '    ok 1 - a', '    ok 2 - b', 'ok 1 - a.test.js'), '1 0 0')
  t.equal(count(file, '    1..0 # no tests found', 'not ok 1 - a.test.js'), '0 1 0')
})

t.test('what is skipped or still to do is neither passed nor failed', async (t) => {
  t.equal(count(file, '    ok 1 - one # SKIP no nginx', '    not ok 2 - two # TODO', 'ok 1 - a.test.js'), '1 0 2')
})

t.test('text that only looks like TAP is not counted', async (t) => {
  const lines = [
    '    # Subtest: one',
    '        ok 1 - a',
    '        ok 9 - printed by the code',
    'okay',
    '    ok 1 - one',
  ]
  t.equal(count(file, ...lines, 'ok 1 - a.test.js'), '1 0 0')
})

t.test('no output counts nothing', async (t) => {
  t.equal(count(), '0 0 0')
})
