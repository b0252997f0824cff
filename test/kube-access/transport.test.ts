// How requests travel: kept connections, framed bodies, time limits, busy servers, broken ones.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { type ApiRequest, Transport } from '#src/kube/access/transport.js'

const get: ApiRequest = { method: 'GET', path: '/api' }

async function serve(
  t: Test,
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
  timeoutMs = 5000,
) {
  let connections = 0
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    answer(request, response, body)
  })
  server.on('connection', () => connections++)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const bound: AddressInfo | string | null = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('not listening')
  const transport = new Transport(
    {
      server: new URL(`http://127.0.0.1:${bound.port}/prefix/`),
      contextName: 'x',
      namespace: 'default',
      usesProxy: false,
      authorize: async () => ({ headers: { authorization: 'Bearer t' } }),
    },
    timeoutMs,
  )
  t.teardown(async () => {
    transport.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { transport, server, countConnections: () => connections }
}

t.test('many requests share a connection, and the path of the server stays in front', async (t) => {
  const paths: string[] = []
  const { transport, countConnections } = await serve(t, (request, response) => {
    paths.push(`${request.method} ${request.url} ${request.headers.authorization} ${request.headers['user-agent']}`)
    response.end('{}')
  })
  for (let index = 0; index < 5; index++) await transport.send({ ...get, query: { a: 'b', c: undefined } })
  t.equal(countConnections(), 1)
  t.equal(paths[0], 'GET /prefix/api?a=b Bearer t mirrorwaf')
})

for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
  t.test(
    `the body of a ${method} arrives framed, so that the next request on the connection is understood`,
    async (t) => {
      const bodies: string[] = []
      const { transport, countConnections } = await serve(t, (request, response, body) => {
        bodies.push(`${request.headers['content-length']} ${body}`)
        response.end('{}')
      })
      await transport.send({ method, path: '/api', body: { a: 'é' } })
      await transport.send({ method, path: '/api', body: {} })
      t.strictSame(bodies, ['10 {"a":"é"}', '2 {}'])
      t.equal(countConnections(), 1)
    },
  )
}

t.test('warnings of the server are read, quotes and all', async (t) => {
  const { transport } = await serve(t, (_, response) => {
    response.setHeader('warning', ['299 - "unknown field \\"spec.x\\""', '299 - "v1beta1 is old", 199 - "other"'])
    response.end('{}')
  })
  t.strictSame((await transport.send(get)).warnings, ['unknown field "spec.x"', 'v1beta1 is old'])
})

for (const status of [429, 503]) {
  t.test(`${status} is tried again, five times in all`, async (t) => {
    let requests = 0
    const { transport } = await serve(t, (_, response) => {
      requests++
      response.writeHead(status, { 'retry-after': '0' }).end('{}')
    })
    t.equal((await transport.send(get)).status, status)
    t.equal(requests, 5)
  })
}

t.test('other refusals are answers, not tried again', async (t) => {
  let requests = 0
  const { transport } = await serve(t, (_, response) => {
    requests++
    response.writeHead(500).end('{"message":"x"}')
  })
  t.match(await transport.send(get), { status: 500, body: { message: 'x' } })
  t.equal(requests, 1)
})

t.test('a kept connection that the server closes just then is replaced', async (t) => {
  let requests = 0
  const { transport, countConnections } = await serve(t, (request, response) => {
    requests++
    if (requests === 2) request.socket.destroy()
    else response.end('{}')
  })
  await transport.send(get)
  t.equal((await transport.send(get)).status, 200)
  t.equal(countConnections(), 2)
})

t.test('a new connection that breaks is an error: the server is away', async (t) => {
  const { transport } = await serve(t, (request) => request.socket.destroy())
  await t.rejects(transport.send(get), { code: 'MWAF_KUBE_UNREACHABLE' })
})

t.test('an answer that does not come, or does not end, meets the time limit', async (t) => {
  const silent = await serve(t, () => {}, 100)
  await t.rejects(silent.transport.send(get), { code: 'MWAF_KUBE_REQUEST_TIMEOUT', message: /GET \/api within 100 ms/ })
  const endless = await serve(t, (_, response) => void response.write('{'), 100)
  await t.rejects(endless.transport.send(get), { code: 'MWAF_KUBE_REQUEST_TIMEOUT' })
})

t.test('what is no JSON is told with its beginning', async (t) => {
  const { transport } = await serve(t, (_, response) => void response.end('<html>login</html>'))
  await t.rejects(transport.send(get), { code: 'MWAF_KUBE_RESPONSE', message: /"<html>login<\/html>"/ })
})

t.test('a stream gives each line as it comes, and ends silently when it is aborted', async (t) => {
  const { transport } = await serve(t, (_, response) => void response.write('{"a":1}\n\n{"a":2}\n{"a":'))
  const controller = new AbortController()
  const seen: unknown[] = []
  for await (const line of transport.stream(get, 5000, controller.signal)) {
    seen.push(line)
    if (seen.length === 2) controller.abort()
  }
  t.strictSame(seen, [{ a: 1 }, { a: 2 }])
})

t.test('a stream that breaks is an error, one that ends is not, one that is silent too long is', async (t) => {
  const read = async (transport: Transport, idleTimeoutMs = 5000) => {
    for await (const _ of transport.stream(get, idleTimeoutMs, new AbortController().signal));
  }
  const broken = await serve(t, (request, response) => {
    response.write('{}\n', () => request.socket.destroy())
  })
  await t.rejects(read(broken.transport), { code: 'MWAF_KUBE_UNREACHABLE' })
  const ended = await serve(t, (_, response) => void response.end('{}\n'))
  await t.resolves(read(ended.transport))
  const silent = await serve(t, (_, response) => void response.write('{}\n'))
  await t.rejects(read(silent.transport, 100), { code: 'MWAF_KUBE_UNREACHABLE', message: /silent for 100 ms/ })
})
