import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import t, { type Test } from 'tap'
import { connect } from '#src/kube/access/kubeconfig.js'

interface Part {
  readonly cluster?: string
  readonly user?: string
  readonly context?: string
  readonly current?: string
}

/** A kubeconfig in which each part that is named is there; `server` tells files apart. */
function kubeconfig(server: string, { cluster, user, context, current }: Part): string {
  return JSON.stringify({
    clusters:
      cluster === undefined ? [] : [{ name: cluster, cluster: { server, 'certificate-authority-data': 'AAAA' } }],
    users: user === undefined ? [] : [{ name: user, user: { token: `token-of-${server}` } }],
    contexts: context === undefined ? [] : [{ name: context, context: { cluster: 'c', user: 'u', namespace: 'team' } }],
    'current-context': current,
  })
}

const whole: Part = { cluster: 'c', user: 'u', context: 'x', current: 'x' }

async function folderWith(t: Test, files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mirrorwaf-kubeconfig-'))
  t.teardown(() => rm(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  return folder
}
const none = { kubeconfig: '', context: '' }

t.test('--kubeconfig outweighs KUBECONFIG, and that the file at home', async (t) => {
  const folder = await folderWith(t, {
    flag: kubeconfig('https://flag', whole),
    variable: kubeconfig('https://variable', whole),
    '.kube/config': kubeconfig('https://home', whole),
  })
  const env = { KUBECONFIG: join(folder, 'variable'), HOME: folder }
  t.equal((await connect({ ...none, kubeconfig: join(folder, 'flag') }, env)).server.host, 'flag')
  t.equal((await connect(none, env)).server.host, 'variable')
  t.equal((await connect(none, { HOME: folder })).server.host, 'home')
  t.equal((await connect(none, { HOME: folder, KUBECONFIG: '' })).server.host, 'home', 'an empty variable is none')
})

t.test('a list is merged; the first file that has a name decides it, and missing files are passed over', async (t) => {
  const folder = await folderWith(t, {
    a: kubeconfig('https://a', { cluster: 'c', current: 'x' }),
    b: kubeconfig('https://b', { ...whole, current: 'other' }),
  })
  const KUBECONFIG = ['missing', 'a', 'b'].map((name) => join(folder, name)).join(delimiter)
  const connection = await connect(none, { KUBECONFIG })
  t.equal(connection.server.host, 'a')
  t.equal(connection.contextName, 'x')
  t.match(await connection.authorize(), { headers: { Authorization: 'Bearer token-of-https://b' } })
})

t.test('--context chooses; the namespace is the one of the context, else default', async (t) => {
  const folder = await folderWith(t, { a: kubeconfig('https://a', { ...whole, current: 'gone' }) })
  const connection = await connect({ kubeconfig: join(folder, 'a'), context: 'x' }, {})
  t.equal(connection.namespace, 'team')
})

for (const [what, part, reason] of [
  ['no current-context', { ...whole, current: '' }, /says no current-context \(it has x\)/],
  ['an unknown current-context', { ...whole, current: 'y' }, /has no context y \(it has x\)/],
  [
    'a context whose cluster is missing',
    { user: 'u', context: 'x', current: 'x' },
    /names the cluster c, which is not there/,
  ],
  [
    'a context whose user is missing',
    { cluster: 'c', context: 'x', current: 'x' },
    /names the user u, which is not there/,
  ],
  ['nothing at all', {}, /no current-context \(it has none\)/],
] as const) {
  t.test(`a kubeconfig with ${what} is told`, async (t) => {
    const folder = await folderWith(t, { a: kubeconfig('https://a', part) })
    const connecting = connect({ ...none, kubeconfig: join(folder, 'a') }, {})
    await t.rejects(connecting, { code: 'MWAF_KUBE_NO_CONTEXT', message: reason })
  })
}

t.test('a file that is no kubeconfig, and an address that is none, are told', async (t) => {
  const folder = await folderWith(t, { broken: '{', text: 'hello', odd: kubeconfig('not an address', whole) })
  const read = (name: string) => connect({ ...none, kubeconfig: join(folder, name) }, {})
  await t.rejects(read('broken'), { code: 'MWAF_KUBE_CONFIG', message: /broken/ })
  await t.rejects(read('text'), { message: /text|current-context/ })
  await t.rejects(read('missing'), { code: 'MWAF_KUBE_CONFIG', message: /missing: no such file/ })
  await t.rejects(read('odd'), { code: 'MWAF_KUBE_NO_CONTEXT', message: /not an address, which is no URL/ })
})

t.test('without any kubeconfig, outside of a pod, there is no cluster', async (t) => {
  await t.rejects(connect(none, {}), { code: 'MWAF_KUBE_NO_CONTEXT', message: /there is no kubeconfig/ })
  const folder = await folderWith(t, {})
  const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1', HOME: folder }
  await t.rejects(connect(none, env, folder), { code: 'MWAF_KUBE_NO_CONTEXT' }, 'a pod without a token')
})

t.test('in a pod the service account is used, and its namespace', async (t) => {
  const account = 'var/run/secrets/kubernetes.io/serviceaccount'
  const folder = await folderWith(t, {
    [`${account}/token`]: 'of-the-pod',
    [`${account}/ca.crt`]: 'certificate',
    [`${account}/namespace`]: 'mirrorwaf',
  })
  // client-node reads these two itself.
  const { KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT } = process.env
  Object.assign(process.env, { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' })
  t.teardown(() => {
    restore('KUBERNETES_SERVICE_HOST', KUBERNETES_SERVICE_HOST)
    restore('KUBERNETES_SERVICE_PORT', KUBERNETES_SERVICE_PORT)
  })
  const connection = await connect(none, { KUBERNETES_SERVICE_HOST: 'fd00::1' }, folder)
  t.equal(connection.server.href, 'https://[fd00::1]:6443/')
  t.equal(connection.namespace, 'mirrorwaf')
  const authorized = await connection.authorize()
  t.match(authorized, { headers: { Authorization: 'Bearer of-the-pod' } })
  t.equal(String(authorized.ca), 'certificate')
})

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
}
