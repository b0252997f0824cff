// The library as others get it: packed, unpacked elsewhere, imported by its name, type-checked and run.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const repository = process.cwd()

/** Inside the repository, so that the package's dependencies are found where they are installed. */
function unpackHere(): string {
  mkdirSync(join(repository, 'build'), { recursive: true })
  const folder = mkdtempSync(join(repository, 'build', 'tarball-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], { cwd: repository })
  const [tarball = ''] = readdirSync(folder)
  const home = join(folder, 'node_modules', 'mirrorwaf')
  mkdirSync(home, { recursive: true })
  execFileSync('tar', ['-xzf', join(folder, tarball), '-C', home, '--strip-components=1'])
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  t.ok(statSync(join(folder, tarball)).size < 1024 * 1024, 'the tarball is under 1 MB')
  return folder
}

function run(source: string): string {
  const file = join(folder, 'program.js')
  writeFileSync(file, source)
  return execFileSync(process.execPath, [file], { cwd: folder, encoding: 'utf8', timeout: 30_000 })
}

const receiverProgram = `
import { createReceiver } from 'mirrorwaf'
const receiver = createReceiver({ listen: ['127.0.0.1:0'], workers: 1 })
const seen = new Promise((resolve) => receiver.on('event', resolve))
const { listening } = await receiver.start()
const answer = await fetch('http://' + listening[0] + '/?x=$globals')
const event = await seen
await receiver.stop()
console.log(answer.status, event.outcome, event.matches[0].rule.tags.type)
`

const listenerProgram = `
import http from 'node:http'
import { requestMirrorListener } from 'mirrorwaf'
let report
const seen = new Promise((resolve) => { report = resolve })
const listener = await requestMirrorListener({ workers: 1 }, (event) => report(event))
const server = http.createServer(listener).listen(0, '127.0.0.1')
await new Promise((resolve) => server.once('listening', resolve))
const request = http.request({ port: server.address().port, host: '127.0.0.1', method: 'POST', path: '/p',
  headers: { 'content-type': 'application/json' } })
const ended = new Promise((resolve) => { request.on('error', (error) => resolve(error.code)); request.on('response', (r) => resolve(r.statusCode)) })
request.end(JSON.stringify({ a: ['$globals'] }))
const event = await seen
console.log(await ended, event.request.method, event.request.path, event.request.body.inspected, event.client.peer, event.client.ip)
server.close()
await listener.close()
`

const typedProgram = `
import { createReceiver, type SecurityEvent, type ReceiverOptions, MirrorwafError } from 'mirrorwaf'
const options: ReceiverOptions = { listen: ['127.0.0.1:0'], hijack: true }
const receiver = createReceiver(options)
receiver.on('event', (event: SecurityEvent) => { const ids: string[] = event.matches.map((match) => match.rule.id); void ids })
// @ts-expect-error an unknown option is refused by the types
createReceiver({ listne: [] })
export const codeOf = (error: MirrorwafError): string => error.code
`

const folder = unpackHere()

t.test('the packed library receives, reports, and stands in a node:http server', async (t) => {
  t.equal(run(receiverProgram).trim(), '204 matched php_code_injection')
  t.equal(run(listenerProgram).trim(), 'ECONNRESET POST /p 18 127.0.0.1 127.0.0.1')
})

t.test('the packed library has types that a strict program compiles against', async (t) => {
  writeFileSync(join(folder, 'typed.ts'), typedProgram)
  const flags = [
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2024',
    '--noEmit',
    '--types',
    'node',
    '--ignoreConfig',
  ]
  execFileSync(join(repository, 'node_modules/.bin/tsc'), [...flags, 'typed.ts'], { cwd: folder, encoding: 'utf8' })
  t.pass('compiled')
})
