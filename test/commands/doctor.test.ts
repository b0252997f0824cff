import t from 'tap'
import { dispatch } from '#src/commands/dispatch.js'
import { repositoryRoot } from '../source/support/source-files.js'
import { createFakeIo } from './fake-io.js'

t.test('a good configuration: exit code 0; one that mirrors nothing: 1', async (t) => {
  const good = createFakeIo()
  t.equal(await dispatch(['doctor', '--config', `${repositoryRoot}/deploy/nginx/nginx.conf`], good.io), 0)
  t.match(good.out(), 'Nothing found.')
  const folder = t.testdir({ 'nginx.conf': 'http {}' })
  t.equal(await dispatch(['doctor', '--config', `${folder}/nginx.conf`], createFakeIo().io), 1)
})

t.test('several configurations at once, as JSON', async (t) => {
  const fake = createFakeIo()
  const files = ['nginx/nginx-minimal.conf', 'envoy/envoy.yaml'].flatMap((file) => [
    '--config',
    `${repositoryRoot}/deploy/${file}`,
  ])
  t.equal(await dispatch(['doctor', '--output', 'json', ...files], fake.io), 0)
  const codes = JSON.parse(fake.out()).findings.map(({ code }: { code: string }) => code)
  t.strictSame(codes, ['connection-per-copy', 'slow-receiver-holds-clients', 'host-shadow'])
})

t.test('nothing to examine, a bad address and a missing file are said', async (t) => {
  const run = async (...args: readonly string[]): Promise<number> => dispatch(['doctor', ...args], createFakeIo().io)
  t.equal(await run(), 2)
  t.equal(await run('--gateway', 'localhost:80'), 2)
  t.equal(await run('--path', 'a?b', '--gateway', 'http://h'), 2)
  t.equal(await run('--config', '/does/not/exist.conf'), 1)
})

t.test('bounds of its options', async (t) => {
  const run = async (...args: readonly string[]): Promise<number> =>
    dispatch(['doctor', '--config', `${repositoryRoot}/deploy/nginx/nginx.conf`, ...args], createFakeIo().io)
  for (const [flag, accepted, rejected] of [
    ['--timeout', '10ms', '9ms'],
    ['--timeout', '60s', '60001ms'],
    ['--body-size', '1', '0'],
    ['--body-size', '64MiB', '67108865'],
  ] as const) {
    t.equal(await run(flag, accepted), 0, accepted)
    t.equal(await run(flag, rejected), 2, rejected)
  }
})
